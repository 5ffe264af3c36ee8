/** @file Which seeds the evaluation's pictures are drawn from: none that a training script draws from. Draws nothing. */

export interface SeedRange {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Training draws from below 100,000,000 and from 500,000,000 on; a test reads where from in its scripts. */
export const SEED_RANGES = {
  scenes: { first: 900_000_000, end: 920_000_000 },
  steering: { first: 920_000_000, end: 940_000_000 },
  textures: { first: 940_000_000, end: 960_000_000 },
} as const satisfies Record<string, SeedRange>;

/** The `index`-th seed (from 0). Throws RangeError beyond the range. */
export function seedIn({ first, end }: SeedRange, index: number): number {
  const seed = first + index;
  if (index < 0 || seed >= end) throw new RangeError(`${index}: there are ${end - first} seeds`);
  return seed;
}

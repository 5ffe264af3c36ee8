/** @file A share of cases, with what it may be in truth: a few cases say little. Knows no case. */

export interface Rate {
  readonly hits: number;
  readonly of: number;
  /** `hits` / `of`; NaN for no case. */
  readonly share: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** Standard deviations about the mean that hold 95 % of a normal distribution. */
const Z = 1.959964;

/** The interval is Wilson's (1927): it stays within 0 … 1 and holds for few cases and for shares near either. */
export function rateOf(hits: number, of: number): Rate {
  if (of === 0) return { hits, of, share: Number.NaN, low: 0, high: 1 };
  const share = hits / of;
  const weight = 1 + (Z * Z) / of;
  const centre = (share + (Z * Z) / (2 * of)) / weight;
  const half = (Z / weight) * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  return { hits, of, share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export const rateAmong = <T>(cases: readonly T[], counts: (one: T) => boolean): Rate =>
  rateOf(cases.filter(counts).length, cases.length);

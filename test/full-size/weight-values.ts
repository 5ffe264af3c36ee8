/**
 * @file The values of the full-size weights: a function of a tensor's name, its shape and the position alone, so that
 * any layout holds the same. Every value has at most 8 significant bits and an exponent within float16's normal range:
 * F32, F16 and BF16 files hold exactly the same numbers, and one reference serves them all.
 */
import { noiseWords } from "../support/integer-noise.js";

export const DTYPES = ["F32", "F16", "BF16"] as const;
export type Dtype = (typeof DTYPES)[number];
export const ELEMENT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const satisfies Record<Dtype, number>;

/** Written at once. */
const CHUNK_ELEMENTS = 1 << 22;

/** `base + k · 2^−shift`, k uniform in −most … most. */
interface Grid {
  readonly base: number;
  readonly most: number;
  readonly shift: number;
}

function gridOf(name: string, shape: readonly number[]): Grid {
  if (name.includes("_embedding.weight")) return { base: 0, most: 100, shift: 7 };
  if (name.endsWith(".bias")) return { base: 0, most: 100, shift: 9 };
  // the factors of a norm
  if (shape.length === 1) return { base: 1, most: 38, shift: 7 };
  // Uniform with variance 1 / fan-in, so that activations keep theirs.
  const most = Math.sqrt(3 / shape.slice(1).reduce((product, size) => product * size, 1));
  const shift = 6 - Math.floor(Math.log2(most));
  return { base: 0, most: Math.round(most * 2 ** shift), shift };
}

/** The bytes of a tensor, little-endian, piece by piece. */
export function* tensorBytes(name: string, shape: readonly number[], dtype: Dtype): Generator<Uint8Array> {
  const { base, most, shift } = gridOf(name, shape);
  const levels = Float32Array.from({ length: 2 * most + 1 }, (_, i) => base + (i - most) * 2 ** -shift);
  const table =
    dtype === "F32" ? levels : Uint16Array.from(levels, dtype === "F16" ? float16Bits : bfloat16Bits);
  let state = noiseWords(1, hashOf(name))[0] || 1;
  let left = shape.reduce((product, size) => product * size, 1);
  while (left > 0) {
    const count = Math.min(left, CHUNK_ELEMENTS);
    const values = dtype === "F32" ? new Float32Array(count) : new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      // xorshift32 (Marsaglia 2003); its upper half picks a level
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      values[i] = table[((state >>> 16) * levels.length) >>> 16] ?? 0;
    }
    yield new Uint8Array(values.buffer);
    left -= count;
  }
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

function bfloat16Bits(value: number): number {
  float[0] = value;
  return (bits[0] ?? 0) >>> 16;
}

/** For zero and float16's normal range. */
function float16Bits(value: number): number {
  if (value === 0) return 0;
  float[0] = value;
  const [word = 0] = bits;
  return ((word >>> 16) & 0x8000) | ((((word >>> 23) & 0xff) - 112) << 10) | ((word >>> 13) & 0x3ff);
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * @file The weights of Pillow's LANCZOS filter for one axis, in fixed point. Knows no pixels.
 *
 * Matches: Pillow `precompute_coeffs` and `normalize_coeffs_8bpc` (src/libImaging/Resample.c), whole-image box.
 */

/** Lobes of the windowed sinc, and so its reach at scale 1. */
const LOBES = 3;
/** Fraction bits of a weight: 32 less 8 for the pixel and 2 for overshoot, as Pillow has it. */
export const WEIGHT_BITS = 32 - 8 - 2;

export interface AxisWeights {
  /** The first source index that output i reads. */
  readonly starts: Int32Array;
  /** How many source indices output i reads, 1 … `taps`. */
  readonly counts: Int32Array;
  /** Row length of `weights`: output i has its weights at `i·taps`, unused ones 0. */
  readonly taps: number;
  /** In units of 2^−WEIGHT_BITS; each row adds up to about 1. */
  readonly weights: Int32Array;
}

/** Weights that turn `from` samples into `to`; both ≥ 1. When shrinking, the filter widens with the scale. */
export function lanczosWeights(from: number, to: number): AxisWeights {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = LOBES * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const row = new Float64Array(taps);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const count = Math.min(Math.trunc(center + support + 0.5), from) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      // multiplied by the inverse, not divided by the scale: the two round differently
      const weight = lanczos((k + start - center + 0.5) * (1 / filterScale));
      row[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) {
      weights[i * taps + k] = toFixedPoint(sum === 0 ? (row[k] ?? 0) : (row[k] ?? 0) / sum);
    }
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, taps, weights };
}

function lanczos(x: number): number {
  return x >= -LOBES && x < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

/** Rounds half away from zero. */
function toFixedPoint(weight: number): number {
  return Math.trunc(weight * 2 ** WEIGHT_BITS + (weight < 0 ? -0.5 : 0.5));
}

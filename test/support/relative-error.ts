/** @file How far numbers are from those expected, as one number. Knows no limit. */
import type { Tensor } from "../../src/tensor/tensor.js";

/** max|a − b| / max|b|. Infinite where a value is not a number, or the shapes differ. */
export function relativeError(actual: Tensor<string>, expected: Tensor<string>): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let [most, worst] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i] ?? Number.NaN, expected.data[i] ?? 0];
    if (!Number.isFinite(a)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, Math.abs(b));
    worst = Math.max(worst, Math.abs(a - b));
  }
  return worst === 0 ? 0 : worst / most;
}

/**
 * @file Quantiles of a symmetric beta distribution, in double precision. Knows no schedule.
 *
 * Matches: `scipy.stats.beta.ppf(p, a, a)`. Series: DLMF 8.17.7, the incomplete beta function as a hypergeometric one.
 */

/** Below half of a unit in the last place of a sum that is at least 1. */
const NEGLIGIBLE = 2 ** -54;

/** Newton's method about doubles its digits a round; from a first guess within 25 % four rounds do. */
const MAX_ROUNDS = 12;

/** The x with P(X ≤ x) = `p` where X is distributed as Beta(`shape`, `shape`); `p` in 0 … 1, `shape` in (0, 1]. */
export function symmetricBetaQuantile(p: number, shape: number): number {
  if (p > 0.5) return 1 - lowerQuantile(1 - p, shape);
  return lowerQuantile(p, shape);
}

/**
 * For `p` ≤ 1/2, where x ≤ 1/2 and the series gains a binary digit a term. With X symmetric, P(X ≤ 1/2) = 1/2, which
 * gives the complete beta function without a gamma function.
 */
function lowerQuantile(p: number, shape: number): number {
  if (p === 0) return 0;
  const target = 2 * p * incompleteBeta(0.5, shape);
  let x = (target * shape) ** (1 / shape);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const density = (x * (1 - x)) ** (shape - 1);
    const next = Math.min(Math.max(x - (incompleteBeta(x, shape) - target) / density, x / 2), 0.5);
    if (Math.abs(next - x) <= Number.EPSILON * x) return next;
    x = next;
  }
  return x;
}

/** ∫ (t(1−t))^(a−1) dt from 0 to `x` ≤ 1/2, for a = `shape`. */
function incompleteBeta(x: number, shape: number): number {
  let term = 1;
  let sum = 1 / shape;
  for (let n = 1; term > NEGLIGIBLE; n++) {
    term *= (x * (n - shape)) / n;
    sum += term / (shape + n);
  }
  return x ** shape * sum;
}

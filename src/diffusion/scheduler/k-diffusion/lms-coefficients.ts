/**
 * @file How much each past derivative counts in a linear multistep method over uneven sigmas. Knows no sample.
 *
 * Matches: `get_lms_coefficient` of diffusers `LMSDiscreteScheduler`, which integrates Lagrange's polynomials by
 * adaptive quadrature of values in float32; they are of degree 3 or less, for which two Gauss points are exact.
 */

/** Gauss–Legendre with two points: ± this, each of weight 1, over −1 … 1. */
const GAUSS_POINT = 1 / Math.sqrt(3);

/** Of the derivatives at `index`, `index` − 1, …, `order` of them (1 to 4), in this order. */
export function lmsCoefficients(sigmas: Float32Array, index: number, order: number): number[] {
  const at = (i: number) => sigmas[i] ?? Number.NaN;
  const middle = (at(index + 1) + at(index)) / 2;
  const half = (at(index + 1) - at(index)) / 2;
  const nodes = Array.from({ length: order }, (_, k) => at(index - k));
  return nodes.map((own, current) => {
    const lagrange = (sigma: number) =>
      nodes.reduce(
        (product, node, k) => (k === current ? product : (product * (sigma - node)) / (own - node)),
        1,
      );
    return half * (lagrange(middle - half * GAUSS_POINT) + lagrange(middle + half * GAUSS_POINT));
  });
}

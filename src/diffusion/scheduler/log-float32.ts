/**
 * @file The natural logarithm in float32, to the last bit of numpy's. Knows no schedule.
 *
 * Matches: `numpy.log` of a float32 array on x86 processors with FMA (numpy's loops_exponent_log): a rational
 * minimax approximation of log(1 + x) that is up to 3.83 units in the last place off. Timesteps are looked up in a
 * table of such logarithms and then cut to integers, so that a last bit can become a timestep.
 */

/** Coefficients of the numerator and the denominator, the highest power first; float32 each. */
const NUMERATOR = Float32Array.of(2.589979117907e-2, 3.808837741388e-1, 1.480000633576, 2.112677543073, 1, 0);
const DENOMINATOR = Float32Array.of(
  5.875095403124e-3,
  1.546476374983e-1,
  9.864942958519e-1,
  2.453006071784,
  2.612677543073,
  1,
);
const LN_2 = Math.fround(Math.LN2);
const SQRT_HALF = Math.fround(Math.SQRT1_2);

/** For `x` > 0, normal and finite; `x` is rounded to float32 first. */
export function logFloat32(x: number): number {
  const value = Math.fround(x);
  let exponent = Math.floor(Math.log2(value)) + 1;
  let mantissa = value / 2 ** exponent;
  // log2 rounds: just below a power of two it can give the next integer
  if (mantissa < 0.5) {
    exponent -= 1;
    mantissa *= 2;
  }
  if (mantissa <= SQRT_HALF) {
    exponent -= 1;
    mantissa *= 2;
  }
  const reduced = mantissa - 1;
  const quotient = Math.fround(horner(NUMERATOR, reduced) / horner(DENOMINATOR, reduced));
  return Math.fround(exponent * LN_2 + quotient);
}

/** Multiplications and additions are fused, so only the sum is rounded: in double, the product of floats is exact. */
function horner(coefficients: Float32Array, x: number): number {
  return coefficients.reduce((sum, coefficient) => Math.fround(sum * x + coefficient));
}

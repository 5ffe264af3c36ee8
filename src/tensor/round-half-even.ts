/** @file Rounding as numpy, torch and IEEE 754 do it by default. */

/** The nearest integer; of two equally near ones the even one (`Math.round` takes the larger). */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** @file A number as IEEE 754 half precision has it. */
import { roundHalfEven } from "../../src/tensor/round-half-even.js";

/** Magnitudes from here on are no finite half. */
const TOO_LARGE = 65_520;
const SMALLEST_EXPONENT = -14;
const FRACTION_BITS = 10;
const BIAS = 15;

/** The nearest half's 16 bits, ties to even. Throws RangeError for what is beyond the finite ones. */
export function float16Bits(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < TOO_LARGE)) throw new RangeError(`${value} is no finite half`);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const exponent = Math.max(SMALLEST_EXPONENT, exponentOf(magnitude));
  // in units of the last place; a rounding up to the next power of two carries into the exponent by itself
  const units = roundHalfEven(magnitude / 2 ** (exponent - FRACTION_BITS));
  const implicit = 2 ** FRACTION_BITS;
  return units < implicit ? sign | units : sign | (((exponent + BIAS) << FRACTION_BITS) + (units - implicit));
}

function exponentOf(magnitude: number): number {
  if (magnitude === 0) return SMALLEST_EXPONENT;
  const guess = Math.floor(Math.log2(magnitude));
  if (2 ** guess > magnitude) return guess - 1;
  return 2 ** (guess + 1) <= magnitude ? guess + 1 : guess;
}

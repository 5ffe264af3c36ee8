/**
 * @file Standard normals as `torch.randn` draws them on the CPU. Knows torch's two ways of drawing; knows no latents.
 *
 * Matches: ATen `normal_fill` (DistributionTemplates.h) and `normal_distribution` (DistributionsHelper.h),
 * float32, mean 0, deviation 1. Draws below 16 values are bit-equal; larger ones are within 2e-6, because torch
 * takes logarithm, sine and cosine in float32 approximations that differ with the machine's vector unit.
 */
import { Mt19937 } from "./mt19937.js";

/** torch fills blocks of 16 (8 radii, 8 angles) as soon as one fits. */
const BLOCK = 16;
const HALF_BLOCK = 8;
const TWO_PI_FLOAT32 = Math.fround(2 * Math.PI);
const TWO_POW_24 = 2 ** 24;
const TWO_POW_32 = 2 ** 32;
const TWO_POW_53 = 2 ** 53;
/** Of a double's 53 random bits, those that come from the high word. */
const HIGH_WORD_MASK = 2 ** 21 - 1;

export class TorchGenerator {
  readonly #engine: Mt19937;
  /** The sine half of the last pair of double normals; larger draws in between leave it alone. */
  #cachedNormal: number | undefined;

  /** `seed` is an integer 0 … 2^53 − 1, of which torch uses the low 32 bits. */
  constructor(seed: number) {
    this.#engine = new Mt19937(lowWord(seed));
  }

  /** Start over, as `torch.Generator.manual_seed` does. */
  reseed(seed: number): void {
    this.#engine.reseed(lowWord(seed));
    this.#cachedNormal = undefined;
  }

  /** The next `count` normals. One draw of 32 is not two draws of 16, nor is a shorter draw a prefix. */
  randn(count: number): Float32Array {
    const out = new Float32Array(count);
    if (count < BLOCK) {
      for (let i = 0; i < count; i++) out[i] = this.#nextNormal();
      return out;
    }
    for (let i = 0; i < count; i++) out[i] = this.#nextUniform24();
    for (let start = 0; start + BLOCK <= count; start += BLOCK) boxMuller(out, start);
    if (count % BLOCK !== 0) {
      // torch draws the last 16 anew, over normals that the loop above has already made
      const start = count - BLOCK;
      for (let i = start; i < count; i++) out[i] = this.#nextUniform24();
      boxMuller(out, start);
    }
    return out;
  }

  #nextNormal(): number {
    if (this.#cachedNormal !== undefined) {
      const cached = this.#cachedNormal;
      this.#cachedNormal = undefined;
      return cached;
    }
    const u1 = this.#nextUniform53();
    const u2 = this.#nextUniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-u2));
    const angle = 2 * Math.PI * u1;
    this.#cachedNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #nextUniform24(): number {
    return (this.#engine.nextUint32() & (TWO_POW_24 - 1)) / TWO_POW_24;
  }

  #nextUniform53(): number {
    const high = this.#engine.nextUint32() & HIGH_WORD_MASK;
    return (high * TWO_POW_32 + this.#engine.nextUint32()) / TWO_POW_53;
  }
}

/**
 * Turns 16 uniforms from `start` on into normals: the first 8 give radii, the last 8 angles. Rounded to float32
 * where torch is: the angle's rounding alone moves a normal by more than a last bit.
 */
function boxMuller(values: Float32Array, start: number): void {
  const round = Math.fround;
  for (let i = start; i < start + HALF_BLOCK; i++) {
    const u1 = 1 - (values[i] ?? 0); // exact, and never 0, which would have no logarithm
    const u2 = values[i + HALF_BLOCK] ?? 0;
    const radius = round(Math.sqrt(round(-2 * round(Math.log(u1)))));
    const angle = round(TWO_PI_FLOAT32 * u2);
    values[i] = radius * round(Math.cos(angle));
    values[i + HALF_BLOCK] = radius * round(Math.sin(angle));
  }
}

function lowWord(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`a seed is an integer from 0 to 2^53 - 1, not ${seed}`);
  }
  return seed % TWO_POW_32;
}

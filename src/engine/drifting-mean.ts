/** @file The mean of a quantity that drifts, from its values one by one. Keeps two numbers and no history. */

/** Of the newest value, once there are many: after a change of pace 20 more values bring the mean within 12 % of it. */
const WEIGHT = 0.1;

/**
 * Exponentially weighted; the k-th of the first values weighs k, so that a slow first one is soon outweighed.
 */
export class DriftingMean {
  #mean = 0;
  #count = 0;

  add(value: number): void {
    this.#count++;
    this.#mean += Math.max(WEIGHT, 2 / (this.#count + 1)) * (value - this.#mean);
  }

  /** 0 before the first value. */
  get value(): number {
    return this.#mean;
  }
}

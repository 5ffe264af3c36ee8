/** @file The choices a scene is made of, drawn from one seed. Knows no picture. */
import { Mt19937 } from "../../src/diffusion/random/mt19937.js";

const WORDS = 2 ** 32;

export class Random {
  readonly #words: Mt19937;

  /** `seed` is taken modulo 2^32. */
  constructor(seed: number) {
    this.#words = new Mt19937(seed);
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * (this.#words.nextUint32() / WORDS);
  }

  /** Uniform on a logarithmic scale in [low, high); both positive. */
  logUniform(low: number, high: number): number {
    return Math.exp(this.uniform(Math.log(low), Math.log(high)));
  }

  /** Uniform in 0 … `end` − 1. */
  integer(end: number): number {
    return Math.floor(this.uniform(0, end));
  }

  chance(probability: number): boolean {
    return this.uniform(0, 1) < probability;
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** One of `items`, each with the probability of its weight among all. */
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let left = this.uniform(
      0,
      items.reduce((sum, [, weight]) => sum + weight, 0),
    );
    for (const [item, weight] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    throw new RangeError("nothing to pick from");
  }
}

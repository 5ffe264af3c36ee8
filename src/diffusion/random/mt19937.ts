/**
 * @file The 32-bit Mersenne Twister of Matsumoto and Nishimura (1998), the engine under torch's CPU generator.
 * Knows 32-bit words; knows no distribution.
 */

const STATE_SIZE = 624;
const SHIFT_SIZE = 397;
const MATRIX_A = 0x9908b0df;
const INITIAL_MULTIPLIER = 1_812_433_253;

export class Mt19937 {
  readonly #state = new Uint32Array(STATE_SIZE);
  #position = STATE_SIZE;

  /** `seed` is taken modulo 2^32. */
  constructor(seed: number) {
    this.reseed(seed);
  }

  reseed(seed: number): void {
    const state = this.#state;
    let previous = seed >>> 0;
    state[0] = previous;
    for (let i = 1; i < STATE_SIZE; i++) {
      previous = (Math.imul(previous ^ (previous >>> 30), INITIAL_MULTIPLIER) + i) >>> 0;
      state[i] = previous;
    }
    this.#position = STATE_SIZE;
  }

  /** The next word, 0 … 2^32 − 1. */
  nextUint32(): number {
    if (this.#position === STATE_SIZE) this.#twist();
    let word = this.#state[this.#position++] ?? 0;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < STATE_SIZE; i++) {
      const next = state[(i + 1) % STATE_SIZE] ?? 0;
      const mixed = ((state[i] ?? 0) & 0x80000000) | (next & 0x7fffffff);
      const shifted = state[(i + SHIFT_SIZE) % STATE_SIZE] ?? 0;
      state[i] = shifted ^ (mixed >>> 1) ^ (mixed & 1 ? MATRIX_A : 0);
    }
    this.#position = 0;
  }
}

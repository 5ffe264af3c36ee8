/** @file The last few model outputs of a multistep method. Knows no method. */

export class OutputHistory {
  readonly #capacity: number;
  readonly #outputs: Float32Array[] = [];

  /** Keeps `capacity` ≥ 1 outputs. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#outputs.length;
  }

  push(output: Float32Array): void {
    if (this.#outputs.length === this.#capacity) this.#outputs.shift();
    this.#outputs.push(output);
  }

  /** The newest for 0, the one before it for 1 … */
  back(steps: number): Float32Array {
    const output = this.#outputs.at(-1 - steps);
    if (!output)
      throw new RangeError(`no output ${steps} steps back among ${this.#outputs.length}; this is a bug`);
    return output;
  }
}

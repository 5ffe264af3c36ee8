/** @file Passing on the latest of many values, not too often. Knows nothing of the values. */

export class AtMostEvery<Value> {
  readonly #intervalMs: number;
  readonly #pass: (value: Value) => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting: { readonly value: Value } | undefined;
  #stopped = false;

  constructor(intervalMs: number, pass: (value: Value) => void) {
    this.#intervalMs = intervalMs;
    this.#pass = pass;
  }

  /** Passed on at once when the last one is `intervalMs` ago, else when it is, unless a newer one takes its place. */
  offer(value: Value): void {
    if (this.#stopped) return;
    if (this.#timer !== undefined) {
      this.#waiting = { value };
      return;
    }
    this.#timer = setTimeout(() => this.#elapsed(), this.#intervalMs);
    this.#pass(value);
  }

  /** What waits to be passed on is not. */
  clear(): void {
    this.#waiting = undefined;
  }

  /** Nothing is passed on any more. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = undefined;
    clearTimeout(this.#timer);
  }

  #elapsed(): void {
    this.#timer = undefined;
    const next = this.#waiting;
    this.#waiting = undefined;
    if (next !== undefined) this.offer(next.value);
  }
}

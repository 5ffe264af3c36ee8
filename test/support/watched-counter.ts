/** @file A counter of the metrics that a test can wait on, so that it never has to look twice. */
import { Counter } from "prom-client";

export class WatchedCounter extends Counter {
  #value = 0;
  #waiters: { readonly value: number; readonly resolve: () => void }[] = [];

  constructor(name: string) {
    super({ name, help: "Watched by a test.", registers: [] });
    // Counter sets `inc` on each instance, so it cannot be overridden in the class.
    const count = this.inc.bind(this);
    this.inc = (by?: unknown) => {
      const amount = typeof by === "number" ? by : 1;
      count(amount);
      this.#add(amount);
    };
  }

  get value(): number {
    return this.#value;
  }

  /** Fulfilled once the counter stands at `value` or more. */
  reached(value: number): Promise<void> {
    if (this.#value >= value) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ value, resolve }));
  }

  #add(amount: number): void {
    this.#value += amount;
    for (const waiter of this.#waiters) if (waiter.value <= this.#value) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.value > this.#value);
  }
}

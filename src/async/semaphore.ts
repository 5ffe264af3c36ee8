/** @file How much of one kind of work runs at the same time, and the line of what waits. Knows no work. */
import { onAbort } from "./abort.js";
import { createDeferred, type Deferred } from "./deferred.js";

/** As much waits as may. */
export class SemaphoreFullError extends Error {
  override readonly name = "SemaphoreFullError";
}

export interface SemaphoreOptions {
  /** What may run at the same time. */
  readonly places: number;
  /** What may wait besides; any number by default. */
  readonly maxWaiting?: number;
}

export class Semaphore {
  #free: number;
  readonly #maxWaiting: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Deferred<void>>();

  constructor({ places, maxWaiting = Number.POSITIVE_INFINITY }: SemaphoreOptions) {
    this.#free = places;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs `work` once there is a place for it, which it keeps until it ends. Rejects without running it: with the signal's
   * reason when that aborts before, with SemaphoreFullError when too much waits already.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      signal.throwIfAborted(); // in the very turn in which the place came
      return await work();
    } finally {
      this.#give();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new SemaphoreFullError(`${this.#waiting.size} wait already`);
    }
    const turn = createDeferred<void>();
    this.#waiting.add(turn);
    // One whose turn has come is in no set: it has its place, and gives it back.
    const stopListening = onAbort(signal, () => {
      if (this.#waiting.delete(turn)) turn.reject(signal.reason);
    });
    try {
      await turn.promise;
    } finally {
      stopListening();
    }
  }

  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next.resolve();
  }
}

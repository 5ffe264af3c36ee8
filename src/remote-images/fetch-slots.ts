/** @file How many fetches run at the same time, of all requests together. Knows nothing of what is fetched. */
import { onAbort } from "../async/abort.js";
import { createDeferred, type Deferred } from "../async/deferred.js";

export class FetchSlots {
  #free: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Deferred<void>>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` once there is a slot for it. Rejects without running it when `signal` aborts before. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
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
    const turn = createDeferred<void>();
    this.#waiting.add(turn);
    // One whose turn has come is in no set: it has its slot, and gives it back.
    const stopListening = onAbort(signal, () => {
      if (this.#waiting.delete(turn)) turn.reject(new Error("no slot until it was of no use any more"));
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

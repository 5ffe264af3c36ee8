/** @file The time that one scoring request may take, from the arrival of its head. Knows no header and no route. */
import { onAbort } from "../async/abort.js";
import { createDeferred } from "../async/deferred.js";
import { InpaintError } from "../errors/inpaint-error.js";

export class TimeLimit {
  /** By `performance.now()`. */
  readonly deadlineMs: number;
  readonly #error: InpaintError;
  readonly #passed = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** Runs at once. */
  constructor(limitMs: number) {
    this.deadlineMs = performance.now() + limitMs;
    this.#error = new InpaintError("SCORING_TIMEOUT", `Scoring timeout after ${limitMs} ms`);
    this.#timer = setTimeout(() => this.#passed.abort(), limitMs);
  }

  /** Aborts when the limit passes. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  /** Call `listener` with the error when the limit passes. Returns a function that stops listening. */
  onPassed(listener: (error: InpaintError) => void): () => void {
    return onAbort(this.signal, () => {
      listener(this.#error); // what it returns is not for the signal: a reply, say, looks like a promise
    });
  }

  /** As `work`; but once the limit has passed it rejects with InpaintError SCORING_TIMEOUT, whatever `work` does. */
  async over<T>(work: Promise<T>): Promise<T> {
    const late = createDeferred<never>();
    const stopListening = this.onPassed(late.reject);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      stopListening();
    }
  }

  /** The limit no longer counts. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}

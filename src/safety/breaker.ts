/**
 * @file Leaving a service alone that keeps failing: without it every check of an outage would wait for its deadline.
 * Knows failures by whose fault they are; knows no service.
 */
import { createDeferred } from "../async/deferred.js";
import { untilAborted } from "../async/until-aborted.js";
import { isAnswer, isOutage, ServiceFailure } from "./service-failure.js";

export interface BreakerOptions {
  readonly failures: number;
  readonly breakMs: number;
  onStateChange(state: BreakerState): void;
}

/**
 * - closed: calls go through; `failures` outages in a row open it
 * - open: none goes through, for `breakMs`
 * - half-open: one call at a time tries the service, and the others wait for how that ends
 */
export type BreakerState = "closed" | "half-open" | "open";

export class Breaker {
  readonly #options: BreakerOptions;
  #state: BreakerState = "closed";
  /** Since the last answer. */
  #failures = 0;
  /** By `performance.now()`. */
  #openUntilMs = 0;
  /** Fulfilled when the call that tries the service has ended. */
  #trial: Promise<void> | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Throws ServiceFailure while the service is left alone. */
  expectPassable(): void {
    if (this.#state !== "open") return;
    const retryAfterMs = Math.max(1, this.#openUntilMs - performance.now());
    throw new ServiceFailure("unavailable", "failed again and again, and is left alone for a while", {
      code: "BREAKER_OPEN",
      retryAfterMs,
    });
  }

  /**
   * As `call`, which must reject in time. Rejects without calling it: with ServiceFailure while the service is left alone,
   * with the signal's reason when that aborts while another call tries the service.
   */
  async run<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    while (this.#trial !== undefined) await untilAborted(this.#trial, signal);
    this.expectPassable();
    const isTrial = this.#state === "half-open";
    const over = createDeferred<void>();
    if (isTrial) this.#trial = over.promise;
    try {
      const result = await call();
      this.#answered(isTrial);
      return result;
    } catch (error) {
      // What else a call ends with (its client has gone, its time was spent in line) says nothing of the service: after
      // such a trial the next call is one.
      if (isOutage(error)) this.#failed(isTrial);
      else if (isAnswer(error)) this.#answered(isTrial);
      throw error;
    } finally {
      if (isTrial) this.#trial = undefined;
      over.resolve();
    }
  }

  #answered(isTrial: boolean): void {
    if (isTrial) this.#change("closed");
    this.#failures = 0;
  }

  /** Calls of before the break do not make it longer. */
  #failed(isTrial: boolean): void {
    if (!isTrial && this.#state !== "closed") return;
    this.#failures += 1;
    if (!isTrial && this.#failures < this.#options.failures) return;
    const { breakMs } = this.#options;
    this.#openUntilMs = performance.now() + breakMs;
    this.#change("open");
    setTimeout(() => this.#change("half-open"), breakMs).unref();
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#options.onStateChange(state);
  }
}

/**
 * @file Leaving a service alone that keeps failing: without it every check of an outage would wait for its deadline.
 * Knows failures by whose fault they are; knows no service.
 */
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from "cockatiel";
import { isOutage, ServiceFailure } from "./service-failure.js";

export interface BreakerOptions {
  readonly failures: number;
  readonly breakMs: number;
  onStateChange(state: BreakerState): void;
}

/** The service looked at the content, and refuses it. */
const isAnswer = (error: unknown) => error instanceof ServiceFailure && error.kind === "rejected";

/** half-open: one call tries the service, and the others wait for how it ends. */
export type BreakerState = "closed" | "half-open" | "open";

export class Breaker {
  readonly #policy: CircuitBreakerPolicy;
  readonly #breakMs: number;
  /** By `Date.now()`, as the library counts. */
  #openUntilMs = 0;

  constructor({ failures, breakMs, onStateChange }: BreakerOptions) {
    this.#breakMs = breakMs;
    this.#policy = circuitBreaker(
      // The trial says that the service is back only by an answer: not when its client has gone, nor when its time was
      // spent in line.
      handleWhen((error) => isOutage(error) || (this.state === "half-open" && !isAnswer(error))),
      { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: breakMs },
    );
    this.#policy.onBreak(() => {
      this.#openUntilMs = Date.now() + breakMs;
    });
    this.#policy.onStateChange(() => onStateChange(this.state));
  }

  get state(): BreakerState {
    switch (this.#policy.state) {
      case CircuitState.Closed:
        return "closed";
      case CircuitState.HalfOpen:
        return "half-open";
      default:
        return "open";
    }
  }

  /** Throws ServiceFailure while the service is left alone. */
  expectPassable(): void {
    if (this.state === "open" && Date.now() < this.#openUntilMs) throw this.#leftAlone();
  }

  /** As `call`, which must reject in time; or rejects with ServiceFailure while the service is left alone. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.#policy.execute(call);
    } catch (error) {
      throw error instanceof BrokenCircuitError ? this.#leftAlone() : error;
    }
  }

  #leftAlone(): ServiceFailure {
    const retryAfterMs = Math.min(this.#breakMs, Math.max(1, this.#openUntilMs - Date.now()));
    return new ServiceFailure("unavailable", "failed again and again, and is left alone for a while", {
      code: "BREAKER_OPEN",
      retryAfterMs,
    });
  }
}

/** @file Asking more than once, within one time limit. Knows which failures pass; knows no service. */
import { setTimeout as sleep } from "node:timers/promises";
import { type BackOff, backOffMs } from "../async/back-off.js";
import { mayPass, ServiceFailure } from "./service-failure.js";

/** A check, however many requests it takes. */
export interface Check {
  /** Aborts when nobody waits for it any more, and at the deadline: with a ServiceFailure then. */
  readonly signal: AbortSignal;
  /** By `performance.now()`. */
  readonly deadlineMs: number;
}

const MAX_ATTEMPTS = 3;
const BACK_OFF: BackOff = { firstMs: 200, maxMs: 1000 };

/** Many checks fail at the same moment; they should not all come back at the same moment. */
const JITTER_PART = 0.5;

const msLeft = ({ deadlineMs }: Check) => deadlineMs - performance.now();

/** The service's own wish counts as it is; the rest waits between half and all of the back-off. */
function waitMs(failure: ServiceFailure, attempt: number): number {
  return failure.retryAfterMs ?? backOffMs(attempt, BACK_OFF) * (1 - JITTER_PART * Math.random());
}

/**
 * What `attempt` resolves to, the first time it does. Only failures that pass are tried again, and only when the wait
 * ends before the deadline: the last failure is thrown at once else. At the deadline it rejects with the last failure too,
 * or with the signal's reason where no attempt had its whole time; with the signal's reason whenever else it aborts.
 */
export async function tryRepeatedly<T>(check: Check, attempt: () => Promise<T>): Promise<T> {
  const { signal } = check;
  let last: ServiceFailure | undefined;
  for (let number = 1; ; number += 1) {
    try {
      signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      if (error instanceof ServiceFailure && error !== signal.reason) last = error;
      if (signal.aborted)
        throw signal.reason instanceof ServiceFailure ? (last ?? signal.reason) : signal.reason;
      if (!(error instanceof ServiceFailure) || !mayPass(error) || number === MAX_ATTEMPTS) throw error;
      const wait = waitMs(error, number);
      if (wait >= msLeft(check)) throw error;
      await sleep(wait, undefined, { signal }).catch(() => {}); // the next turn throws
    }
  }
}

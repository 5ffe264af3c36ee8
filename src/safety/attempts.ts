/** @file Asking more than once, within one time limit. Knows which failures pass; knows no service. */
import { setTimeout as sleep } from "node:timers/promises";
import { type BackOff, backOffMs } from "../async/back-off.js";
import { ServiceFailure } from "./service-failure.js";

/** A check, however many requests it takes. */
export interface Check {
  /** Aborts with the error that the check then ends with: at the latest at the deadline. */
  readonly signal: AbortSignal;
  /** By `performance.now()`. */
  readonly deadlineMs: number;
  /** A part of it stands in line for a place, until the function that is returned is called. */
  standInLine(): () => void;
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
 * ends before the deadline: the last failure is thrown at once else. Rejects with the signal's reason once it aborts.
 */
export async function tryRepeatedly<T>(check: Check, attempt: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      check.signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      const passes = error instanceof ServiceFailure && error.kind === "unavailable";
      if (!passes || number === MAX_ATTEMPTS || check.signal.aborted) throw error;
      const wait = waitMs(error, number);
      if (wait >= msLeft(check)) throw error;
      await sleep(wait, undefined, { signal: check.signal }).catch(() => check.signal.throwIfAborted());
    }
  }
}

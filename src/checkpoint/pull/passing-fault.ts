/** @file A failure that may pass: worth another attempt. What will not pass is an InpaintError. */
import { setTimeout as sleep } from "node:timers/promises";
import { backOffMs } from "../../async/back-off.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { HubConnection } from "./hub-connection.js";

/** A server that asks for patience gets so much at most. */
const MAX_RETRY_AFTER_MS = 60_000;

export class PassingFault extends Error {
  override readonly name = "PassingFault";
  readonly retryAfterMs: number;

  /** `retryAfterMs` is what the server asked for, 0 if nothing. */
  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Fulfilled when the attempt after `fault` is due. `failures` counts from 1. Rejects with CANCELLED. */
export async function waitToRetry(
  { retry, signal }: HubConnection,
  failures: number,
  fault: PassingFault,
): Promise<void> {
  const waitMs = Math.max(backOffMs(failures, retry), Math.min(fault.retryAfterMs, MAX_RETRY_AFTER_MS));
  await sleep(waitMs, undefined, { signal }).catch(() => refuseCancelled(signal));
}

export function refuseCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new InpaintError("CANCELLED", "stopped");
}

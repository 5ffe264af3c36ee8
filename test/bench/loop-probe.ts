/**
 * @file How long the event loop of this process is held up, without the time in which other processes had the processor.
 * Knows no cause.
 */
import { readFileSync } from "node:fs";
import { quantile } from "../support/statistics.js";

const INTERVAL_MS = 1;

/** Milliseconds that the main thread has been ready to run and was not let: of Linux's scheduler, 0 elsewhere. */
function waitedForProcessorMs(): number {
  if (process.platform !== "linux") return 0;
  const [, waitedNs] = readFileSync("/proc/self/schedstat", "utf8").split(" ");
  return Number(waitedNs) / 1e6;
}

export class LoopProbe {
  #lastMs = performance.now();
  #lastWaitedMs = waitedForProcessorMs();
  #blockedMs: number[] = [];

  constructor() {
    setInterval(() => this.#look(), INTERVAL_MS);
  }

  reset(): void {
    this.#look();
    this.#blockedMs = [];
  }

  /** Since the last reset. */
  get delays(): { readonly p99Ms: number; readonly maxMs: number } {
    return { p99Ms: quantile(this.#blockedMs, 0.99), maxMs: quantile(this.#blockedMs, 1) };
  }

  #look(): void {
    const nowMs = performance.now();
    const waitedMs = waitedForProcessorMs();
    this.#blockedMs.push(Math.max(0, nowMs - this.#lastMs - (waitedMs - this.#lastWaitedMs) - INTERVAL_MS));
    this.#lastMs = nowMs;
    this.#lastWaitedMs = waitedMs;
  }
}

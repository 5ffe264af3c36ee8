/**
 * @file Whether a worker that says nothing is at work or hangs. Knows what it announced and when it was heard last; knows
 * no process.
 */
import type { DeviceRun } from "./device-run.js";

export interface WatchdogOptions {
  /** How long such a run takes; undefined when nothing like it was measured. */
  expectedMs(run: DeviceRun): number | undefined;
  ping(): void;
  /** Called once. */
  onHung(silentMs: number): void;
}

const CHECK_EVERY_MS = 500;
/** A run may take this many times as long as measured, and a little. */
const PATIENCE = 3;
const GRACE_MS = 2000;
/** Between runs messages are read at once; a machine under load may take its time. */
const IDLE_SILENCE_MS = 5000;
/** The first of its kind: from page faults to a GPU's tuning, nobody knows. */
const UNKNOWN_RUN_MS = 600_000;

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAtMs = performance.now();
  #checkedAtMs = performance.now();
  #run: DeviceRun | undefined;

  /** Watches at once. */
  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY_MS);
  }

  /** The worker said something; `run` is what it said it does from now on. */
  heard(run: DeviceRun | undefined): void {
    this.#heardAtMs = performance.now();
    this.#run = run;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const nowMs = performance.now();
    // When this process was not run itself, the worker's silence in that time says nothing.
    const missedMs = nowMs - this.#checkedAtMs - CHECK_EVERY_MS;
    if (missedMs > CHECK_EVERY_MS) this.#heardAtMs += missedMs;
    this.#checkedAtMs = nowMs;
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs > this.#allowedMs()) {
      this.stop();
      this.#options.onHung(silentMs);
    } else if (this.#run === undefined) {
      this.#options.ping();
    }
  }

  #allowedMs(): number {
    if (this.#run === undefined) return IDLE_SILENCE_MS;
    return PATIENCE * (this.#options.expectedMs(this.#run) ?? UNKNOWN_RUN_MS) + GRACE_MS;
  }
}

/**
 * @file Whether a worker that says nothing is at work or hangs. Knows what it announced and when it was heard last; knows
 * no process.
 */
import type { AnnouncedRun, RunLimits } from "./run-limits.js";

export interface WatchdogOptions {
  readonly limits: Pick<RunLimits, "limitMs">;
  ping(): void;
  /** Called once. */
  onHung(silentMs: number): void;
}

const CHECK_EVERY_MS = 500;
/** Between runs messages are read at once; a machine under load may take its time. */
const IDLE_SILENCE_MS = 5000;
/**
 * Messages are read between the steps of opening, the longest of which reads the UNet: 3.4 GB at 6 MB/s. A disk that is
 * slower than that is not told from a worker that hangs.
 */
const OPENING_SILENCE_MS = 600_000;

/** What a worker said it does from now on; undefined: it waits for messages. */
export type Doing = AnnouncedRun | "opening" | undefined;

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAtMs = performance.now();
  #checkedAtMs = performance.now();
  #doing: Doing = "opening";

  /** Watches at once, a worker that opens its model. */
  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY_MS);
  }

  /** The worker said something; `doing` is what it said it does from now on. */
  heard(doing: Doing): void {
    this.#heardAtMs = performance.now();
    this.#doing = doing;
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
    } else if (this.#doing === undefined || this.#doing === "opening") {
      this.#options.ping();
    }
  }

  #allowedMs(): number {
    if (this.#doing === undefined) return IDLE_SILENCE_MS;
    return this.#doing === "opening" ? OPENING_SILENCE_MS : this.#options.limits.limitMs(this.#doing);
  }
}

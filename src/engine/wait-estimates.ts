/**
 * @file What a job is expected to take from its admission on, and how far off that was. Learns how much longer jobs take
 * than their own work for those who come after them and share their calls; knows no queue.
 */
import { DriftingMean } from "./drifting-mean.js";
import type { AdmittedJob } from "./job-order.js";

interface Estimate {
  readonly madeAtMs: number;
  readonly waitMs: number;
  readonly ownMs: number;
  readonly expectedMs: number;
}

/** Only a job that waited less than this many times its own work tells what became of its own work. */
const MAX_WAIT_TO_LEARN = 2;

export class WaitEstimates {
  readonly #estimates = new WeakMap<AdmittedJob, Estimate>();
  /** How many times its own work a job takes once its turn has come. */
  readonly #stretch = new DriftingMean();

  /** From `nowMs` on `job` is expected to take `waitMs` for those before it, then its own work, `ownMs` and more. */
  make(job: AdmittedJob, { nowMs, waitMs, ownMs }: { nowMs: number; waitMs: number; ownMs: number }): void {
    const expectedMs = waitMs + ownMs * Math.max(1, this.#stretch.value);
    this.#estimates.set(job, { madeAtMs: nowMs, waitMs, ownMs, expectedMs });
  }

  /** `job` is done: by how much the estimate was wrong, as a part of what it took. Undefined if none was made. */
  learn(job: AdmittedJob, nowMs: number): number | undefined {
    const estimate = this.#estimates.get(job);
    if (estimate === undefined) return undefined;
    const { madeAtMs, waitMs, ownMs, expectedMs } = estimate;
    const tookMs = nowMs - madeAtMs;
    if (ownMs > 0 && waitMs < MAX_WAIT_TO_LEARN * ownMs) this.#stretch.add((tookMs - waitMs) / ownMs);
    return Math.abs(expectedMs - tookMs) / tookMs;
  }
}

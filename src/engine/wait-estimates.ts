/** @file How far off estimates were: what was expected of a job at its admission, and what it took. Knows no queue. */
import type { AdmittedJob } from "./job-order.js";

interface Estimate {
  readonly madeAtMs: number;
  readonly expectedMs: number;
}

export class WaitEstimates {
  readonly #estimates = new WeakMap<AdmittedJob, Estimate>();

  /** `job` is expected to be done in so many milliseconds from now; undefined while nothing was measured. */
  made(job: AdmittedJob, expectedMs: number | undefined): void {
    if (expectedMs !== undefined) this.#estimates.set(job, { madeAtMs: performance.now(), expectedMs });
  }

  /** `job` is done: by how much the estimate was wrong, as a part of what it took. Undefined if none was made. */
  errorOf(job: AdmittedJob): number | undefined {
    const estimate = this.#estimates.get(job);
    if (estimate === undefined) return undefined;
    const tookMs = performance.now() - estimate.madeAtMs;
    return Math.abs(estimate.expectedMs - tookMs) / tookMs;
  }
}

/**
 * @file Job runners for tests of what happens before and around a job. They implement the port of scoring/ports.ts
 * by themselves; the real engine has tests of its own.
 */
import assert from "node:assert/strict";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import type { ModelGeometry } from "../../src/diffusion/job-sizes.js";
import type { JOB_STAGES } from "../../src/diffusion/stage-times.js";
import type { JobResult, JobRunner, RunOptions } from "../../src/scoring/ports.js";

type Run = (job: InpaintJob, options: RunOptions) => Promise<JobResult>;

/** The size of a model that has none of its own. */
export const GEOMETRY: ModelGeometry = { height: 512, width: 512, vaeScaleFactor: 8 };

/** Runs jobs by `run`, with room for all of them. */
export function runnerOf(run: Run): JobRunner {
  return {
    geometry: GEOMETRY,
    problemsWith: () => [],
    reserve: () => ({ run: (_index, job, options) => run(job, options), release: () => {} }),
  };
}

/** For requests that must be refused before any network runs: a job that reaches it fails the test. */
export const unreachableRunner = runnerOf(async () => assert.fail("a job of a refused request was run"));

export const NO_TIMES: JobResult["times"] = {
  queue: 0,
  text: 0,
  vaeEncode: 0,
  denoise: 0,
  vaeDecode: 0,
  pixels: 0,
} satisfies Record<(typeof JOB_STAGES)[number], number>;

/** Gives each job its own image back, the job that came last first, and keeps the jobs in the order they came. */
export function echoingRunner(expectedJobs: number, warnings: readonly string[] = []) {
  const jobs: InpaintJob[] = [];
  const waiting: (() => void)[] = [];
  const runner = runnerOf((job) => {
    jobs.push(job);
    return new Promise((resolve) => {
      waiting.push(() => resolve({ image: job.image, times: NO_TIMES, warnings }));
      if (waiting.length === expectedJobs) for (const finish of waiting.reverse()) finish();
    });
  });
  return { runner, jobs };
}

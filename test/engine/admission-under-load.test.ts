/** @file What admission promises, kept or broken in virtual time: deadlines, waits, and coming back when told to. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type DeviceRun, RUN_KINDS } from "../../src/engine/device-run.js";
import { forecast } from "../../src/engine/forecast.js";
import { type JobWork, workOf } from "../../src/engine/job-work.js";
import { type Arrival, type Outcome, seededRandom, simulate } from "../support/simulated-server.js";

const EDGES = [64, 128];
const SHAPES = EDGES.flatMap((height) => EDGES.map((width) => ({ height, width })));
const MS_PER_KILOPIXEL = { pixels: 0.02, text: 0, vaeEncode: 0.4, unet: 0.5, vaeDecode: 0.8 };

/** In proportion to rows and pixels, as on a CPU. */
const usualMs = ({ kind, rows, height, width }: DeviceRun) =>
  2 + (MS_PER_KILOPIXEL[kind] * rows * height * width) / 1000;

const every: readonly DeviceRun[] = RUN_KINDS.flatMap((kind): DeviceRun[] => {
  if (kind === "text") return [{ kind, rows: 1, height: 0, width: 0 }];
  const batches = kind === "unet" ? [1, 2] : [1];
  return SHAPES.flatMap((shape) => batches.map((rows) => ({ kind, rows, ...shape })));
});

/** All of it alone. */
function aloneMs({ unetCalls, rows, height, width }: JobWork): number {
  const image = (kind: DeviceRun["kind"], batch = 1) => usualMs({ kind, rows: batch, height, width });
  const around = 2 * image("pixels") + rows * image("text") + image("vaeEncode") + image("vaeDecode");
  return around + unetCalls * image("unet", rows);
}

interface Load {
  readonly seed: number;
  /** How many times what the workers can do. */
  readonly overload: number;
  readonly seconds: number;
  readonly workers: number;
  /** A job's deadline, from its arrival; drawn between the two. */
  readonly budgetSeconds: readonly [least: number, most: number];
  readonly queueSeconds: number;
  /** A run takes up to so much more or less than usual, relatively. */
  readonly noise: number;
  readonly batchShare?: number;
}

function underLoad({ seed, overload, seconds, workers, batchShare = 0, ...load }: Load): Outcome {
  const random = seededRandom(seed);
  const drawWork = (): JobWork => ({
    unetCalls: 4 + Math.floor(random() * 30),
    rows: random() < 0.3 ? 1 : 2,
    ...(SHAPES[Math.floor(random() * SHAPES.length)] ?? { height: 64, width: 64 }),
  });
  const sample = Array.from({ length: 1000 }, drawWork);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const jobMs = mean(sample.map(aloneMs));
  const arrivals: Arrival[] = [];
  let atMs = 0;
  const [least, most] = load.budgetSeconds;
  while (atMs < seconds * 1000) {
    const works = Array.from({ length: random() < 0.1 ? 3 : 1 }, drawWork);
    const priority = random() < batchShare ? "batch" : "online";
    arrivals.push({ atMs, works, priority, budgetMs: 1000 * (least + (most - least) * random()) });
    atMs += (-Math.log(1 - random()) * jobMs * works.length) / overload / workers;
  }
  return simulate(arrivals, {
    workers,
    maxQueuedWork: (mean(sample.map(workOf)) * load.queueSeconds * 1000 * workers) / jobMs,
    trueMs: (run) => usualMs(run) * (1 + load.noise * (2 * random() - 1)),
    measured: every,
  });
}

/**
 * How late the latest is of the online jobs whose request could have been in time, and how many those are. Batch jobs
 * give way to whoever comes.
 */
function lateness({ served }: Outcome, workers: number) {
  const online = served.filter(({ job }) => job.priority === "online");
  const possible = online.filter(({ job, works, admittedMs }) => {
    const { endMs } = forecast(works.map(aloneMs), workers);
    return admittedMs + Math.max(...endMs) <= job.deadlineMs;
  });
  const late = possible.map(({ job, leftMs = Number.POSITIVE_INFINITY }) => leftMs - job.deadlineMs);
  return { latestMs: Math.max(...late), jobs: possible.length, missed: late.filter((ms) => ms > 0).length };
}

function medianWaitError({ served }: Outcome): number {
  const errors = served.flatMap(({ expectedMs, endedMs, admittedMs }) =>
    expectedMs === undefined || endedMs === undefined
      ? []
      : [Math.abs(expectedMs - (endedMs - admittedMs)) / (endedMs - admittedMs)],
  );
  errors.sort((a, b) => a - b);
  return errors[errors.length >> 1] ?? Number.NaN;
}

function report(t: TestContext, outcome: Outcome, workers: number) {
  const { latestMs, jobs, missed } = lateness(outcome, workers);
  const { admitted, refused } = outcome.returned;
  const busy = outcome.busyMs / outcome.untilMs / workers;
  const figures = {
    latestMs,
    missed,
    jobs,
    busy,
    waitError: medianWaitError(outcome),
    returned: admitted + refused,
    admittedShare: admitted / (admitted + refused),
    longestRunMs: outcome.costs.longestRunMs,
  };
  t.diagnostic(
    `${jobs} jobs, ${missed} too late, the latest ${(-latestMs).toFixed(0)} ms before its deadline; wait off by ` +
      `${(100 * figures.waitError).toFixed(1)} % in the median; ${figures.returned} came back and ` +
      `${(100 * figures.admittedShare).toFixed(1)} % of them were let in; workers ${(100 * busy).toFixed(0)} % busy`,
  );
  return figures;
}

const base = { overload: 10, seconds: 20, queueSeconds: 1000, noise: 0 } as const;

for (const workers of [1, 2]) {
  for (const seed of [1, 2, 3]) {
    test(`exact costs, any deadlines, ${workers} worker(s), seed ${seed}: nobody is a tick late`, (t) => {
      const outcome = underLoad({ ...base, seed, workers, budgetSeconds: [0.2, 8], batchShare: 0.2 });
      const { latestMs, longestRunMs, jobs } = report(t, outcome, workers);
      assert.ok(jobs > 100 * workers);
      assert.ok(latestMs <= longestRunMs, `${latestMs} ms late`);
      assert.ok(outcome.refusals.length > 500 * workers, "it was an overload");
    });
  }

  test(`noisy costs, ${workers} worker(s): hardly anybody is late, and no worker rests while others are refused`, (t) => {
    const outcome = underLoad({ ...base, seed: 5, workers, budgetSeconds: [6, 8], noise: 0.3 });
    const { missed, jobs, longestRunMs, latestMs, busy } = report(t, outcome, workers);
    assert.ok(missed <= jobs / 100, `${missed} of ${jobs}`);
    assert.ok(latestMs <= longestRunMs, `${latestMs} ms late`);
    assert.ok(busy > 0.75, `busy ${busy}`);
  });

  test(`noisy costs, one time limit for all, ${workers} worker(s): the wait that is told is the wait`, (t) => {
    const outcome = underLoad({ ...base, seed: 6, workers, budgetSeconds: [10, 10], noise: 0.3 });
    const { waitError } = report(t, outcome, workers);
    assert.ok(waitError < 0.1, `${waitError}`);
  });

  for (const [name, limit] of [
    ["the bound", { queueSeconds: 8, budgetSeconds: [3600, 3600] }],
    ["deadlines", { queueSeconds: 1000, budgetSeconds: [10, 12] }],
  ] as const) {
    test(`10 × overload, ${workers} worker(s), refused by ${name}: who comes back when told to is let in`, (t) => {
      const outcome = underLoad({ ...base, ...limit, seed: 7, workers, seconds: 30, noise: 0.2 });
      const { admittedShare, returned, busy } = report(t, outcome, workers);
      assert.ok(returned > 500 * workers);
      assert.ok(admittedShare >= 0.9, `${admittedShare}`);
      assert.ok(busy > 0.7, `told to come sooner, more could have been done: busy ${busy}`);
    });
  }
}

/** @file An engine with its real worker process and the random checkpoint, which ends with its test. */
import type { TestContext } from "node:test";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import {
  Engine,
  type EngineOptions,
  type EngineResult,
  type Permit,
  type ReserveOptions,
} from "../../src/engine/engine.js";
import type { InpaintError } from "../../src/errors/inpaint-error.js";
import { createMetrics, type Metrics } from "../../src/observability/metrics.js";
import { LogCapture } from "./log-capture.js";
import { randomCheckpointPath } from "./paths.js";
import { WatchedCounter } from "./watched-counter.js";

export interface TestEngine {
  readonly engine: Engine;
  readonly log: LogCapture;
  readonly metrics: Metrics;
  /** UNet calls made, as the metrics count them. */
  readonly unetCalls: WatchedCounter;
  /** Settles if the engine gives up. */
  readonly givenUp: Promise<InpaintError>;
  /** Process id of the `n`-th worker that became ready. */
  workerPid(n?: number): Promise<number>;
}

/** Not started yet. */
export function createTestEngine(
  t: Pick<TestContext, "after">,
  changes: Partial<EngineOptions> = {},
): TestEngine {
  const log = new LogCapture();
  const unetCalls = new WatchedCounter("watched_unet_calls_total");
  const metrics = { ...createMetrics(), unetCalls };
  let onGivenUp: (reason: InpaintError) => void = () => {};
  const givenUp = new Promise<InpaintError>((resolve) => {
    onGivenUp = resolve;
  });
  const engine = new Engine({
    modelDir: randomCheckpointPath,
    variant: "",
    tokenizerDir: undefined,
    predictionType: "",
    executionProvider: "auto",
    workerThreads: 0,
    workerCount: 1,
    cudaVisibleDevices: "",
    environment: process.env,
    maxBatch: 4,
    deterministic: false,
    promptCacheBytes: 1e6,
    latentCacheBytes: 1e6,
    resultCacheBytes: 0,
    maxWorkerRssBytes: 0,
    defaultSteps: 50,
    defaultScheduler: "",
    maxOutputPixels: 1_048_576,
    maxQueuedWork: 1e9,
    shutdownGraceMs: 0,
    logger: log.logger,
    metrics,
    onGivenUp,
    ...changes,
  });
  t.after(() => engine.close());
  const workerPid = async (n = 1) => {
    const pid = (await log.logged("worker ready", n)).workerPid;
    if (typeof pid !== "number") throw new Error("the log names no worker process");
    return pid;
  };
  return { engine, log, metrics, unetCalls, givenUp, workerPid };
}

/** The value of a counter or gauge for `labels`, 0 when it has none. */
export async function metricValue(
  metric: Metrics["jobs"] | Metrics["jobsWaiting"] | Metrics["cacheRequests"],
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { values } = await metric.get();
  const match = values.find((entry) =>
    Object.entries(labels).every(([name, value]) =>
      Object.entries(entry.labels).some(([n, v]) => n === name && v === value),
    ),
  );
  return match?.value ?? 0;
}

/** The mean of all that a histogram has seen; NaN when it has seen nothing. */
export async function histogramMean(histogram: Metrics["microBatchJobs"]): Promise<number> {
  const { values } = await histogram.get();
  const total = (suffix: string) =>
    values
      .filter(({ metricName }) => metricName?.endsWith(suffix))
      .reduce((sum, { value }) => sum + value, 0);
  return total("_sum") / total("_count");
}

export const never = new AbortController().signal;

/** How many values a histogram has seen that are larger than `above`, one of its bounds. */
export async function histogramCount(
  histogram: Metrics["microBatchJobs"],
  { above }: { readonly above: number },
): Promise<number> {
  const { values } = await histogram.get();
  const count = (suffix: string, bound?: number) =>
    values.find(({ metricName, labels }) => metricName?.endsWith(suffix) && labels.le === bound)?.value ?? 0;
  return count("_count") - count("_bucket", above);
}

/** How a job is run that nobody gives up and that has all the time it wants. */
export const patient = { signal: never, deadlineMs: 1e9, priority: "online" } as const;

/** Reserve a place for `job` and run it. */
export async function runJobOn(
  engine: Engine,
  job: InpaintJob,
  options: ReserveOptions & Parameters<Permit["run"]>[2],
): Promise<EngineResult> {
  const permit = engine.reserve([job], options);
  try {
    return await permit.run(0, job, options);
  } finally {
    permit.release();
  }
}

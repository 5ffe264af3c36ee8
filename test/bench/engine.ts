/**
 * @file Step batching against one job at a time, on two engines in turn, and what the engine itself costs a tick. Ends
 * with exit code 1 when a tick costs more than its limit.
 * Usage: npm run bench:engine [-- rounds]
 */

import { availableParallelism, cpus } from "node:os";
import { textTable } from "../../src/bin/text-table.js";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import { Engine } from "../../src/engine/engine.js";
import { createLogger } from "../../src/observability/logger.js";
import { createMetrics, type Metrics } from "../../src/observability/metrics.js";
import { randomCheckpointPath } from "../support/paths.js";
import { sampleJob } from "../support/sample.js";
import { median, quantile } from "../support/statistics.js";
import { metricValue, patient, runJobOn } from "../support/test-engine.js";
import { cpuMsOf, timedTicks } from "./tick-overhead.js";

const SIDE = 128;
const STEPS = 10;
const CONCURRENCY = [1, 2, 4, 8, 16];
const MAX_BATCH = 8;
const ROUNDS = Number(process.argv[2] ?? 3);
/** Of one round at one concurrency. */
const MIN_JOBS = 16;
/** Long enough, and as few as the other run has that is taken off it. */
const TICK_STEPS = { many: 300, few: 10 };
const MAX_TICK_MS = 1;

interface Bench {
  readonly engine: Engine;
  readonly metrics: Metrics;
}

async function startEngine(maxBatch: number): Promise<Bench> {
  const metrics = createMetrics();
  const engine = new Engine({
    modelDir: randomCheckpointPath,
    variant: "",
    tokenizerDir: undefined,
    predictionType: "",
    executionProvider: "cpu",
    workerThreads: 0,
    workerCount: 1,
    cudaVisibleDevices: "",
    environment: process.env,
    maxBatch,
    deterministic: false,
    promptCacheBytes: 1e8,
    latentCacheBytes: 1e8,
    resultCacheBytes: 0,
    maxWorkerRssBytes: 0,
    defaultSteps: 50,
    defaultScheduler: "",
    maxOutputPixels: 1_048_576,
    maxQueuedWork: 1e12,
    shutdownGraceMs: 0,
    logger: createLogger("silent"),
    metrics,
    onGivenUp: (reason) => {
      throw reason;
    },
  });
  await engine.start();
  return { engine, metrics };
}

const jobOf = (seed: number, numInferenceSteps: number) =>
  sampleJob({ seed, numInferenceSteps, height: SIDE, width: SIDE });

/** A signal has many listeners when it is many jobs' own. */
const run = (engine: Engine, job: InpaintJob) =>
  runJobOn(engine, job, { ...patient, signal: new AbortController().signal });

interface Measured {
  readonly latenciesMs: number[];
  jobs: number;
  ms: number;
}

/** `concurrency` clients, each of which sends its next job when it has its picture. */
async function closedLoop({ engine }: Bench, concurrency: number, into: Measured): Promise<void> {
  const jobs = Math.max(MIN_JOBS, 2 * concurrency);
  let next = 0;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < jobs) {
        const sentMs = performance.now();
        await run(engine, jobOf(next++, STEPS));
        into.latenciesMs.push(performance.now() - sentMs);
      }
    }),
  );
  into.ms += performance.now() - startMs;
  into.jobs += jobs;
}

function columns({ latenciesMs, jobs, ms }: Measured): readonly string[] {
  const latencies = [0.5, 0.95, 0.99].map((part) => quantile(latenciesMs, part).toFixed(0));
  return [((1000 * jobs) / ms).toFixed(2), ...latencies];
}

const print = (text: string) => process.stdout.write(text);

async function compare(batching: Bench, alone: Bench): Promise<void> {
  const rows = [["clients", "MAX_BATCH", "images/s", "p50 ms", "p95 ms", "p99 ms"]];
  for (const concurrency of CONCURRENCY) {
    const of = { batching: empty(), alone: empty() };
    for (let round = 0; round < ROUNDS; round++) {
      await closedLoop(batching, concurrency, of.batching);
      await closedLoop(alone, concurrency, of.alone);
    }
    rows.push([String(concurrency), String(MAX_BATCH), ...columns(of.batching)]);
    rows.push(["", "1", ...columns(of.alone)]);
  }
  print(`${textTable(rows)}\n`);
}

const empty = (): Measured => ({ latenciesMs: [], jobs: 0, ms: 0 });

/** CPU milliseconds of this process per tick of `jobs` jobs, without what it takes to begin and to end them. */
async function engineMsPerTick({ engine, metrics }: Bench, jobs: number): Promise<number> {
  const ticksMade = async () => {
    const { values } = await metrics.microBatchJobs.get();
    return values.find(({ metricName }) => metricName === "inpaint_micro_batch_jobs_count")?.value ?? 0;
  };
  const spent = async (steps: number) => {
    const [ticksBefore, callsBefore] = [await ticksMade(), await metricValue(metrics.unetCalls)];
    const cpuMs = await cpuMsOf(async () => {
      await Promise.all(Array.from({ length: jobs }, (_, i) => run(engine, jobOf(i, steps))));
    });
    const ticks = (await ticksMade()) - ticksBefore;
    return { cpuMs, ticks, fill: ((await metricValue(metrics.unetCalls)) - callsBefore) / ticks };
  };
  await spent(TICK_STEPS.few); // compiles what is still to be compiled
  const few = await spent(TICK_STEPS.few);
  const many = await spent(TICK_STEPS.many);
  if (many.fill < 0.8 * jobs) throw new Error(`ticks served ${many.fill} jobs, not ${jobs}`);
  return (many.cpuMs - few.cpuMs) / (many.ticks - few.ticks);
}

async function tickCosts(batching: Bench): Promise<void> {
  const rows = [
    [
      "jobs in a tick",
      "pixels",
      "its jobs' steps",
      "loop p50",
      "loop p95",
      "engine, CPU",
      "loop p50 + engine",
    ],
  ];
  for (const jobs of [1, 4, MAX_BATCH]) {
    const engineMs = await engineMsPerTick(batching, jobs);
    for (const [side, steps] of [
      [SIDE, TICK_STEPS.many],
      [512, Math.ceil(TICK_STEPS.many / 10 / jobs) + 4],
    ] as const) {
      const ticks = await timedTicks({ jobs, side, steps });
      const stepsMs = median(ticks.map((tick) => tick.stepsMs));
      const loopMs = ticks.map((tick) => tick.outsideMs - tick.stepsMs);
      const sumMs = median(loopMs) + engineMs;
      if (sumMs > MAX_TICK_MS) process.exitCode = 1;
      const figures = [stepsMs, median(loopMs), quantile(loopMs, 0.95), engineMs, sumMs];
      rows.push([
        String(jobs),
        `${side}×${side}`,
        ...figures.map((ms) => ms.toFixed(2)),
        sumMs > MAX_TICK_MS ? `over ${MAX_TICK_MS} ms` : "kept",
      ]);
    }
  }
  print(`milliseconds of one tick outside the UNet\n${textTable(rows)}`);
}

const [batching, alone] = [await startEngine(MAX_BATCH), await startEngine(1)];
try {
  for (const bench of [batching, alone]) await closedLoop(bench, MAX_BATCH, empty());
  print(
    `${cpus()[0]?.model}, ${availableParallelism()} threads, Node ${process.version}; ${SIDE}×${SIDE}, PNDM, ` +
      `${STEPS} steps, guidance on\n\n`,
  );
  await compare(batching, alone);
  await tickCosts(batching);
} finally {
  await Promise.all([batching.engine.close(), alone.engine.close()]);
}

/**
 * @file Jobs of every kind, thrown at an engine while others run, and what must hold of their answers. Knows what a mix
 * is; how many jobs it has is the caller's to say.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type InpaintJob, SCHEDULER_NAMES } from "../../src/diffusion/inpaint-job.js";
import type { EngineOptions } from "../../src/engine/engine.js";
import { type HeldWorkers, heldWorkers } from "./held-workers.js";
import { preloading } from "./preload.js";
import { sampleJob, samplePictures } from "./sample.js";
import {
  createTestEngine,
  histogramMean,
  metricValue,
  patient,
  runJobOn,
  type TestEngine,
} from "./test-engine.js";

/** Jobs of a mix, where the quick tests run and where all are. */
export const MIXED_JOBS = { ci: 12, soak: 40 } as const;

/** Below it the run did not share calls, and proves nothing of jobs that do. */
const LEAST_MEAN_FILL = 1.5;
/** Every run is the same one. */
const SEED = 20_240_229;

interface Arrival {
  readonly job: InpaintJob;
  /** It comes after so many more UNet calls, counted from the one before it. */
  readonly gap: number;
  /** Its client leaves after so many more UNet calls; undefined: it waits. */
  readonly leavesAfter: number | undefined;
}

/** Some sizes and prompts come often: calls are shared and encodings found again. */
const arrivals: fc.Arbitrary<Arrival> = fc.record({
  job: fc
    .record({
      prompt: fc.constantFrom("a yellow cat", "a red bench in the park", "snow"),
      negativePrompt: fc.constantFrom("", "blurred"),
      pictures: fc.constantFrom(samplePictures(64), samplePictures(96)),
      size: fc.oneof(
        { weight: 5, arbitrary: fc.constant({ width: 96, height: 96 }) },
        { weight: 1, arbitrary: fc.constantFrom({ width: 64, height: 96 }, { width: 96, height: 64 }) },
      ),
      numInferenceSteps: fc.integer({ min: 16, max: 32 }),
      scheduler: fc.constantFrom(...SCHEDULER_NAMES),
      guidanceScale: fc.constantFrom(1, 3, 7.5),
      strength: fc.constantFrom(0.5, 0.8, 1),
      eta: fc.constantFrom(0, 0.7),
      seed: fc.nat(),
      preserveUnmasked: fc.boolean(),
      invertMask: fc.boolean(),
    })
    .map(({ pictures, size, ...rest }) => sampleJob({ ...pictures, ...size, ...rest })),
  gap: fc.integer({ min: 0, max: 2 }),
  leavesAfter: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 24 }) },
  ),
});

/** Each job's picture, made with no other beside it and nothing kept of the one before. */
async function picturesAlone(
  { engine }: TestEngine,
  mix: readonly Arrival[],
): Promise<readonly Uint8Array[]> {
  const pictures = [];
  for (const { job } of mix) pictures.push((await runJobOn(engine, job, patient)).image.data);
  return pictures;
}

/**
 * What became of each job: its picture, or the code of its error. Workers take their time until all have come and those
 * who leave have left: else a busy machine would decide who meets whom.
 */
async function throwIn(
  { engine, unetCalls }: TestEngine,
  workers: Pick<HeldWorkers, "hold" | "letGo">,
  mix: readonly Arrival[],
) {
  const runs: Promise<Uint8Array | string>[] = [];
  const leaving: Promise<void>[] = [];
  /** Fulfilled after so many calls more, or when no job is left to make them. */
  const calls = (count: number) =>
    Promise.race([unetCalls.reached(unetCalls.value + count), Promise.allSettled(runs)]);
  workers.hold("calls");
  for (const { job, gap, leavesAfter } of mix) {
    await calls(gap);
    const client = new AbortController();
    runs.push(
      runJobOn(engine, job, { ...patient, signal: client.signal }).then(
        ({ image }) => image.data,
        (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
      ),
    );
    if (leavesAfter !== undefined) leaving.push(calls(leavesAfter).then(() => client.abort()));
  }
  await Promise.all(leaving);
  workers.letGo("calls");
  return Promise.all(runs);
}

/** Registers the test of `count` jobs on one worker with two threads, and on two workers. */
export function testMixedLoad(count: number): void {
  const mix = fc.sample(arrivals, { numRuns: count, seed: SEED });

  test(`each of ${count} mixed jobs gets the bytes it gets alone`, async (t) => {
    const single = createTestEngine(t, {
      workerThreads: 1,
      maxBatch: 1,
      promptCacheBytes: 0,
      latentCacheBytes: 0,
    });
    await single.engine.start();
    const alone = await picturesAlone(single, mix);
    await single.engine.close();
    assert.equal(new Set(alone.map((data) => Buffer.from(data).toString("base64"))).size, count);

    const pools: Readonly<Record<string, Partial<EngineOptions>>> = {
      "one worker of two threads": { workerThreads: 2 },
      "two workers": { workerThreads: 1, workerCount: 2 },
    };
    for (const [name, options] of Object.entries(pools)) {
      await t.test(`on ${name}`, async (t) => {
        const workers = await heldWorkers(t);
        const shared = createTestEngine(t, { ...options, environment: preloading(workers.code) });
        const { engine, metrics, workerPid } = shared;
        await engine.start();
        await workerPid(options.workerCount);
        const answers = await throwIn(shared, workers, mix);
        let left = 0;
        for (const [i, answer] of answers.entries()) {
          if (mix[i]?.leavesAfter !== undefined && answer === "CANCELLED") left++;
          else assert.deepEqual(answer, alone[i], `job ${i}, ${mix[i]?.job.scheduler}`);
        }
        assert.ok(left > 0, "no client left while its job ran");
        const fill = await histogramMean(metrics.microBatchJobs);
        t.diagnostic(`mean fill ${fill.toFixed(2)} of 4; ${left} of ${count} clients left`);
        assert.ok(fill > LEAST_MEAN_FILL, `the mean fill is ${fill}`);
        assert.ok((await metricValue(metrics.cacheRequests, { cache: "prompt", outcome: "hit" })) > 0);
        assert.ok((await metricValue(metrics.cacheRequests, { cache: "latent", outcome: "hit" })) > 0);
        assert.equal(await metricValue(metrics.jobsAdmitted), 0);
        assert.equal(await metricValue(metrics.workAdmitted), 0);
      });
    }
  });
}

/** @file Jobs that share calls and caches: what one does not do to another. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { heldWorkers } from "../support/held-workers.js";
import { poisonedModel } from "../support/poisoned-model.js";
import { preloading } from "../support/preload.js";
import { sampleJob, samplePictures } from "../support/sample.js";
import { createTestEngine, histogramCount, metricValue, patient, runJobOn } from "../support/test-engine.js";

const SMALL = { ...samplePictures(64), width: 64, height: 64 };

test("a job whose numbers are not finite fails alone: those in its UNet calls get their own bytes", async (t) => {
  const [good, bad] = ["a yellow cat", "snow"];
  const modelDir = await poisonedModel(t, bad, [good]);
  const workers = await heldWorkers(t);
  const { engine, metrics, unetCalls } = createTestEngine(t, {
    modelDir,
    environment: preloading(workers.code),
  });
  await engine.start();
  const jobs = [1, 2, 3].map((seed) => sampleJob({ prompt: good, seed, numInferenceSteps: 100, ...SMALL }));
  const alone = [];
  for (const job of jobs) alone.push((await runJobOn(engine, job, patient)).image.data);
  const before = unetCalls.value;
  workers.hold("calls");
  const runs = jobs.map((job) => runJobOn(engine, job, patient));
  await unetCalls.reached(before + 6);
  metrics.microBatchJobs.reset();
  const failing = runJobOn(engine, sampleJob({ prompt: bad, numInferenceSteps: 6, ...SMALL }), patient);
  workers.letGo("calls");
  await assert.rejects(failing, { code: "NON_FINITE_OUTPUT" });
  assert.deepEqual(
    (await Promise.all(runs)).map(({ image }) => image.data),
    alone,
  );
  assert.ok((await histogramCount(metrics.microBatchJobs, { above: 3 })) > 0, "all four shared a call");
});

test("a prompt and a picture seen before are found again, with the same bytes as without caches", async (t) => {
  const { engine, metrics } = createTestEngine(t);
  const plain = createTestEngine(t, { promptCacheBytes: 0, latentCacheBytes: 0 });
  await Promise.all([engine.start(), plain.engine.start()]);
  const job = sampleJob({ strength: 0.5, numInferenceSteps: 4, ...SMALL });
  const uses = async () =>
    Promise.all(
      ["prompt", "latent"].flatMap((cache) =>
        ["hit", "miss"].map((outcome) => metricValue(metrics.cacheRequests, { cache, outcome })),
      ),
    );
  const first = await runJobOn(engine, job, patient);
  assert.deepEqual(await uses(), [0, 2, 0, 2], "two prompts, the image and the masked image");
  const second = await runJobOn(engine, { ...job, negativePrompt: "blurred" }, patient);
  assert.deepEqual(await uses(), [1, 3, 2, 2], "another negative prompt, and all else as before");
  const third = await runJobOn(engine, job, patient);
  assert.deepEqual(await uses(), [3, 3, 4, 2]);
  const expected = (await runJobOn(plain.engine, job, patient)).image.data;
  assert.deepEqual(first.image.data, expected);
  assert.deepEqual(third.image.data, expected);
  assert.notDeepEqual(second.image.data, expected);
  assert.equal(await metricValue(plain.metrics.cacheRequests), 0);
});

test("a result that was kept and a job without a call teach nothing of how long jobs take", async (t) => {
  const { engine, metrics } = createTestEngine(t, { resultCacheBytes: 1e7 });
  await engine.start();
  const job = sampleJob({ numInferenceSteps: 4, ...SMALL });
  await runJobOn(engine, job, patient);
  await runJobOn(engine, { ...job, seed: 8 }, patient); // nothing was measured before the first one
  const first = await runJobOn(engine, job, patient);
  assert.deepEqual((await runJobOn(engine, job, patient)).image, first.image);
  const black = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
  await runJobOn(engine, { ...job, maskImage: black }, patient);
  assert.equal(await metricValue(metrics.jobs, { outcome: "done" }), 5);
  assert.equal(await histogramCount(metrics.waitEstimateError, { above: 0 }), 1);
});

test("a batch job gives way to online jobs that come later, and ends all the same", async (t) => {
  const workers = await heldWorkers(t);
  const { engine, unetCalls } = createTestEngine(t, { maxBatch: 1, environment: preloading(workers.code) });
  await engine.start();
  const order: string[] = [];
  const run = async (name: string, priority: "online" | "batch", numInferenceSteps: number) => {
    await runJobOn(engine, sampleJob({ numInferenceSteps, ...SMALL }), { ...patient, priority });
    order.push(name);
  };
  workers.hold("calls");
  const batch = run("batch", "batch", 300);
  await unetCalls.reached(2);
  const online = [1, 2, 3].map((n) => run(`online ${n}`, "online", 4));
  workers.letGo("calls");
  await Promise.all([batch, ...online]);
  assert.deepEqual(order, ["online 1", "online 2", "online 3", "batch"]);
});

test("a worker that has grown too large is replaced after its jobs, and none of them fails", async (t) => {
  const { engine, log, metrics, workerPid } = createTestEngine(t, { maxWorkerRssBytes: 1e6 });
  await engine.start();
  const jobs = [1, 2, 3].map((seed) => sampleJob({ seed, numInferenceSteps: seed * 4, ...SMALL }));
  const running = Promise.all(jobs.map((job) => runJobOn(engine, job, patient)));
  await log.logged("worker too large, it will be replaced");
  assert.equal(engine.ready, true, "the next one is on its way");
  const between = runJobOn(engine, sampleJob({ seed: 4, ...SMALL }), patient);
  const results = await running;
  assert.equal(results.length, 3);
  await workerPid(2);
  const [retired, ...more] = log.lines("worker too large, it will be replaced");
  assert.equal(retired?.workerPid, await workerPid(1));
  assert.deepEqual(more, []);
  assert.deepEqual(log.lines("a job lost its worker"), []);
  assert.deepEqual(log.lines("worker lost, another one will be started"), [], "it was sent away");
  assert.equal((await between).image.width, 64);
  const [job] = jobs;
  assert.ok(job !== undefined);
  assert.deepEqual((await runJobOn(engine, job, patient)).image.data, results[0]?.image.data);
  assert.equal(await metricValue(metrics.jobs, { outcome: "done" }), 5);
  assert.equal(await metricValue(metrics.jobs, { outcome: "failed" }), 0);
});

test("a batch job ends although there are always more online jobs than a worker holds", async (t) => {
  const { engine } = createTestEngine(t, { maxBatch: 1 });
  await engine.start();
  const job = sampleJob({ numInferenceSteps: 2, ...SMALL });
  let ended = false;
  let served = 0;
  const lane = async () => {
    // An end of its own, so that a batch job that starves fails the test.
    for (; !ended && served < 400; served++) await runJobOn(engine, job, patient);
  };
  const lanes = [1, 2, 3, 4, 5, 6].map(lane);
  await runJobOn(engine, job, { ...patient, priority: "batch" });
  const before = served;
  ended = true;
  await Promise.all(lanes);
  assert.ok(before < 400, `${before} online jobs ended before it`);
  t.diagnostic(`${before} online jobs ended before it`);
});

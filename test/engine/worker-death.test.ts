/** @file Workers that die, each in its own way, and the jobs that they had. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { heldWorkers } from "../support/held-workers.js";
import { preloading } from "../support/preload.js";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

const SMALL = { width: 128, height: 128 };

test("the jobs of a worker that was killed are begun anew by the next one, with the same bytes", async (t) => {
  const workers = await heldWorkers(t);
  const { engine, log, metrics, unetCalls, workerPid } = createTestEngine(t, {
    environment: preloading(workers.code),
  });
  await engine.start();
  const jobs = [1, 2, 3].map((seed) => sampleJob({ seed, numInferenceSteps: 20, ...SMALL }));
  const alone = [];
  for (const job of jobs) alone.push((await runJobOn(engine, job, patient)).image.data);

  const before = unetCalls.value;
  workers.hold("calls");
  const runs = jobs.map((job) => runJobOn(engine, job, patient));
  await unetCalls.reached(before + 7);
  process.kill(await workerPid(), "SIGKILL");
  workers.letGo("calls");
  await log.logged("a job lost its worker", 3);
  assert.equal(engine.ready, false, "no worker is ready until the next one is");
  await assert.rejects(runJobOn(engine, sampleJob(), patient), { code: "NOT_READY" });

  const again = await Promise.all(runs);
  assert.deepEqual(
    again.map(({ image }) => image.data),
    alone,
  );
  assert.equal(await metricValue(metrics.jobRetries), 3);
  assert.equal(await metricValue(metrics.workerRestarts), 1);
  assert.equal(await metricValue(metrics.workersReady), 1);
  assert.equal(await metricValue(metrics.jobsAdmitted), 0);
});

test("a worker that is stopped, not dead, is noticed and replaced, and its jobs are answered", async (t) => {
  const workers = await heldWorkers(t);
  const { engine, log, unetCalls, workerPid } = createTestEngine(t, {
    environment: preloading(workers.code),
  });
  await engine.start();
  const job = sampleJob({ numInferenceSteps: 10, ...SMALL });
  const expected = await runJobOn(engine, job, patient);
  const before = unetCalls.value;
  workers.hold("calls");
  const run = runJobOn(engine, job, patient);
  await unetCalls.reached(before + 2);
  process.kill(await workerPid(), "SIGSTOP");
  workers.letGo("calls");
  assert.deepEqual((await run).image.data, expected.image.data);
  assert.match(
    String(log.lines("a job lost its worker")[0]?.how),
    /^it was silent for \d+ ms, so it was killed$/,
  );
  assert.notEqual(await workerPid(2), await workerPid(1));
});

test("an idle worker that is stopped is replaced too", async (t) => {
  const { engine, log, workerPid } = createTestEngine(t);
  await engine.start();
  process.kill(await workerPid(), "SIGSTOP");
  await workerPid(2);
  assert.equal(log.lines("worker lost, another one will be started").length, 1);
  assert.equal((await runJobOn(engine, sampleJob(SMALL), patient)).image.width, 128);
});

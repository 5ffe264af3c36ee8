/** @file Workers that die again and again: every job of theirs is answered, and they come back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleJob, samplePictures } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

const SMALL = { width: 128, height: 128 };

test("20 jobs, and every worker that has them is killed in turn: 20 right answers", async (t) => {
  const { engine, log, metrics, unetCalls, workerPid } = createTestEngine(t, { workerCount: 2, maxBatch: 4 });
  await engine.start();
  await workerPid(2);
  assert.equal(await metricValue(metrics.workersReady), 2);
  const pictures = samplePictures(64);
  const jobs = Array.from({ length: 20 }, (_, seed) =>
    sampleJob({ ...pictures, seed, numInferenceSteps: 60, ...SMALL }),
  );
  const expected = await Promise.all(jobs.map((job) => runJobOn(engine, job, patient)));
  const runs = jobs.map((job) => runJobOn(engine, job, patient));
  const all = Promise.all(runs);
  const lost = () => log.lines("a job lost its worker").length;
  for (const victim of [1, 2]) {
    await Promise.race([unetCalls.reached(unetCalls.value + 40), all]);
    const before = lost();
    process.kill(await workerPid(victim), "SIGKILL");
    await Promise.race([log.logged("a job lost its worker", before + 1), all]);
    assert.ok(lost() > before, `worker ${victim} had jobs when it was killed`);
  }
  assert.deepEqual(
    (await all).map(({ image }) => image.data),
    expected.map(({ image }) => image.data),
  );
  assert.equal(await metricValue(metrics.jobRetries), lost());
  assert.equal(await metricValue(metrics.jobsAdmitted), 0);
  t.diagnostic(`${lost()} times a job lost its worker`);
});

test("an idle worker that is killed comes back, again and again", async (t) => {
  const { engine, metrics, workerPid } = createTestEngine(t);
  await engine.start();
  for (let death = 1; death <= 4; death++) {
    process.kill(await workerPid(death), "SIGKILL");
    await workerPid(death + 1);
    assert.equal((await runJobOn(engine, sampleJob(SMALL), patient)).image.width, 128);
  }
  assert.equal(
    await metricValue(metrics.workerRestarts),
    4,
    "deaths after ready do not count towards giving up",
  );
});

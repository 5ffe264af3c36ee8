import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, never } from "../support/test-engine.js";

test("a worker killed in the middle of a job", async (t) => {
  const { engine, log, metrics, unetCalls, workerPid } = createTestEngine(t);
  await engine.start();
  const pid = await workerPid();

  const run = engine.run(sampleJob({ numInferenceSteps: 50 }), { signal: never });
  const waiting = engine.run(sampleJob(), { signal: never });
  await unetCalls.reached(2);
  process.kill(pid, "SIGKILL");

  await assert.rejects(run, { name: "InpaintError", code: "WORKER_LOST", message: /SIGKILL/ });
  assert.equal(engine.ready, false, "the job fails before another worker is ready");
  assert.ok(unetCalls.value < 51, "the job fails before it would have ended");
  await assert.rejects(engine.run(sampleJob(), { signal: never }), { code: "NOT_READY" });

  const nextPid = await workerPid(2);
  assert.notEqual(nextPid, pid);
  assert.equal(engine.ready, true);
  assert.equal((await waiting).image.width, 512, "a job that waited is served by the next worker");
  assert.equal((await engine.run(sampleJob(), { signal: never })).image.width, 512);
  assert.equal(await metricValue(metrics.workerRestarts), 1);
  assert.equal(await metricValue(metrics.workersReady), 1);
  assert.equal(log.lines("worker lost, another one will be started").length, 1);
});

test("an idle worker that is killed comes back, again and again", async (t) => {
  const { engine, metrics, workerPid } = createTestEngine(t);
  await engine.start();
  for (let death = 1; death <= 4; death++) {
    process.kill(await workerPid(death), "SIGKILL");
    await workerPid(death + 1);
    assert.equal((await engine.run(sampleJob(), { signal: never })).image.width, 512);
  }
  assert.equal(
    await metricValue(metrics.workerRestarts),
    4,
    "deaths after ready do not count towards giving up",
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { isRunning } from "../support/process-state.js";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, patient, runJobOn } from "../support/test-engine.js";

test("closing finishes what was admitted, takes nothing new and ends the worker", async (t) => {
  const { engine, unetCalls, workerPid } = createTestEngine(t, { shutdownGraceMs: 60_000 });
  await engine.start();
  const running = runJobOn(engine, sampleJob({ numInferenceSteps: 4 }), patient);
  const waiting = runJobOn(engine, sampleJob(), patient);
  await unetCalls.reached(1);
  const closed = engine.close();
  assert.equal(engine.ready, false);
  await assert.rejects(runJobOn(engine, sampleJob(), patient), { code: "SHUTTING_DOWN" });
  assert.equal((await running).image.width, 512);
  assert.equal((await waiting).image.width, 512);
  await closed;
  assert.equal(await isRunning(await workerPid()), false);
});

test("what is not done within the grace is answered, and the worker is killed", async (t) => {
  const { engine, unetCalls, workerPid } = createTestEngine(t, { shutdownGraceMs: 0 });
  await engine.start();
  const running = runJobOn(engine, sampleJob({ numInferenceSteps: 50 }), patient);
  const waiting = runJobOn(engine, sampleJob(), patient);
  await unetCalls.reached(1);
  await Promise.all([
    assert.rejects(running, { code: "SHUTTING_DOWN" }),
    assert.rejects(waiting, { code: "SHUTTING_DOWN" }),
    engine.close(),
  ]);
  assert.equal(await isRunning(await workerPid()), false);
  assert.ok(unetCalls.value < 51);
});

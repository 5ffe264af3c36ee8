import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { heldWorkers } from "../support/held-workers.js";
import { preloading } from "../support/preload.js";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

const LONG = 50;
const cancelled = { name: "InpaintError", code: "CANCELLED" };

test("a job that was aborted", async (t) => {
  const workers = await heldWorkers(t);
  const { engine, metrics, unetCalls } = createTestEngine(t, {
    maxQueuedWork: 60e6,
    maxBatch: 1,
    environment: preloading(workers.code),
  });
  await engine.start();

  await t.test("before it was sent is not run", async () => {
    await assert.rejects(
      runJobOn(engine, sampleJob(), { ...patient, signal: AbortSignal.abort() }),
      cancelled,
    );
    assert.equal(unetCalls.value, 0);
  });

  await t.test("while it ran is answered at once, and the worker stops between two steps", async () => {
    const before = unetCalls.value;
    const controller = new AbortController();
    workers.hold("calls");
    const run = runJobOn(engine, sampleJob({ numInferenceSteps: LONG }), {
      ...patient,
      signal: controller.signal,
    });
    await unetCalls.reached(before + 1);
    controller.abort();
    await assert.rejects(run, cancelled);
    workers.letGo("calls");
    await runJobOn(engine, sampleJob(), patient); // begins when the worker has let go of the other one
    const calls = unetCalls.value - before - 1;
    assert.ok(calls < LONG / 2, `${calls} calls of ${LONG + 1} were made for the aborted job`);
    t.diagnostic(`${calls} of ${LONG + 1} calls were made for a job aborted after the first`);
  });

  await t.test("while it waited leaves the queue, and its place is free for another", async () => {
    const before = unetCalls.value;
    const running = new AbortController();
    workers.hold("calls");
    // A worker that serves one job a call has two: the one that runs, and the next.
    const first = [0, 1].map((seed) =>
      runJobOn(engine, sampleJob({ numInferenceSteps: LONG, seed }), { ...patient, signal: running.signal }),
    );
    await unetCalls.reached(before + 1);

    const waiting = new AbortController();
    const second = runJobOn(engine, sampleJob({ seed: 2 }), { ...patient, signal: waiting.signal });
    assert.equal(await metricValue(metrics.jobsWaiting), 1);
    assert.equal(await metricValue(metrics.jobsAdmitted), 3);
    await assert.rejects(runJobOn(engine, sampleJob({ numInferenceSteps: LONG }), patient), {
      code: "QUEUE_FULL",
      message: /^the queue is full: /,
    });
    waiting.abort();
    await assert.rejects(second, cancelled);
    assert.equal(await metricValue(metrics.jobsWaiting), 0);
    assert.equal(await metricValue(metrics.jobsAdmitted), 2);

    const third = runJobOn(engine, sampleJob({ seed: 3 }), patient);
    running.abort();
    for (const run of first) await assert.rejects(run, cancelled);
    workers.letGo("calls");
    assert.equal((await third).image.width, 512);
    assert.equal(await metricValue(metrics.jobs, { outcome: "cancelled" }), 5);
    assert.equal(await metricValue(metrics.jobs, { outcome: "refused" }), 1);
    assert.equal(await metricValue(metrics.jobsAdmitted), 0);
    assert.equal(await metricValue(metrics.workAdmitted), 0);
  });
});

test("a permit that is used or released does not listen to its signal any more", async (t) => {
  const { engine } = createTestEngine(t);
  await engine.start();
  const { signal } = new AbortController();
  const listeners = () => getEventListeners(signal, "abort").length;
  await runJobOn(engine, sampleJob(), { ...patient, signal });
  assert.equal(listeners(), 0);
  const permit = engine.reserve([sampleJob()], { ...patient, signal });
  assert.equal(listeners(), 1);
  permit.release();
  assert.equal(listeners(), 0);
});

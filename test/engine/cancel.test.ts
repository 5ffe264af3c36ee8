import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, never } from "../support/test-engine.js";

const LONG = 50;
const cancelled = { name: "InpaintError", code: "CANCELLED" };

test("a job that was aborted", async (t) => {
  const { engine, metrics, unetCalls } = createTestEngine(t, { maxQueuedJobs: 1 });
  await engine.start();

  await t.test("before it was sent is not run", async () => {
    await assert.rejects(engine.run(sampleJob(), { signal: AbortSignal.abort() }), cancelled);
    assert.equal(unetCalls.value, 0);
  });

  await t.test("while it ran is answered at once, and the worker stops between two steps", async () => {
    const before = unetCalls.value;
    const controller = new AbortController();
    const run = engine.run(sampleJob({ numInferenceSteps: LONG }), { signal: controller.signal });
    await unetCalls.reached(before + 1);
    controller.abort();
    await assert.rejects(run, cancelled);
    await engine.run(sampleJob(), { signal: never }); // begins when the worker has let go of the other one
    const calls = unetCalls.value - before - 1;
    assert.ok(calls < LONG / 2, `${calls} calls of ${LONG + 1} were made for the aborted job`);
    t.diagnostic(`${calls} of ${LONG + 1} calls were made for a job aborted after the first`);
  });

  await t.test("while it waited leaves the queue, and its place is free for another", async () => {
    const before = unetCalls.value;
    const running = new AbortController();
    const first = engine.run(sampleJob({ numInferenceSteps: LONG }), { signal: running.signal });
    await unetCalls.reached(before + 1);

    const waiting = new AbortController();
    const second = engine.run(sampleJob({ seed: 1 }), { signal: waiting.signal });
    assert.equal(await metricValue(metrics.jobsWaiting), 1);
    await assert.rejects(engine.run(sampleJob({ seed: 2 }), { signal: never }), {
      code: "QUEUE_FULL",
      message: /1 jobs are waiting, the limit is 1/,
    });
    waiting.abort();
    await assert.rejects(second, cancelled);
    assert.equal(await metricValue(metrics.jobsWaiting), 0);

    const third = engine.run(sampleJob({ seed: 3 }), { signal: never });
    running.abort();
    await assert.rejects(first, cancelled);
    assert.equal((await third).image.width, 512);
    assert.equal(await metricValue(metrics.jobs, { outcome: "cancelled" }), 4);
    assert.equal(await metricValue(metrics.jobs, { outcome: "refused" }), 1);
  });
});

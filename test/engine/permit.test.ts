import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, never } from "../support/test-engine.js";

const full = { code: "QUEUE_FULL" };
const anyone = { signal: never };

test("a permit holds places", async (t) => {
  const { engine, metrics } = createTestEngine(t, { maxQueuedJobs: 2 });
  const job = sampleJob();
  assert.throws(() => engine.reserve([job], anyone), { code: "NOT_READY" });
  await engine.start();

  await t.test("all or none, until it gives them back, once", () => {
    assert.throws(() => engine.reserve([job, job, job, job], anyone), full);
    const permit = engine.reserve([job, job, job], anyone);
    assert.throws(() => engine.reserve([job], anyone), full);
    assert.throws(() => engine.reserve([], anyone), full, "there is no room for anyone");
    permit.release();
    permit.release();
    engine.reserve([], anyone).release();
    const again = engine.reserve([job, job, job], anyone);
    assert.throws(() => engine.reserve([job], anyone), full);
    again.release();
  });

  await t.test("whose jobs run without another question about room, each once", async () => {
    const permit = engine.reserve([job, job, job], anyone);
    const results = [2, 0].map((index) => permit.run(index, job, anyone));
    assert.throws(() => engine.reserve([job], anyone), full);
    await assert.rejects(permit.run(2, job, anyone), { code: "INTERNAL" });
    for (const { image } of await Promise.all(results)) assert.equal(image.width, 512);
    permit.release();
    await assert.rejects(permit.run(1, job, anyone), { code: "INTERNAL" }, "it was given back");
    engine.reserve([job, job, job], anyone).release();
  });

  await t.test("and the refused are counted, one for each job", async () => {
    const before = await metricValue(metrics.jobs, { outcome: "refused" });
    assert.throws(() => engine.reserve([job, job, job, job], anyone), full);
    assert.equal(await metricValue(metrics.jobs, { outcome: "refused" }), before + 4);
  });

  await t.test("or is refused to whom it is of no use any more", () => {
    assert.throws(() => engine.reserve([job], { signal: AbortSignal.abort() }), { code: "CANCELLED" });
  });

  await t.test("and its holder hears of the queue and of every call", async () => {
    const heard: string[] = [];
    const permit = engine.reserve([job, job], anyone);
    const observed = (index: number, name: string) =>
      permit.run(index, sampleJob({ numInferenceSteps: 2 }), {
        signal: never,
        observer: {
          onQueued: (position, waitMs) => heard.push(`${name} queued ${position} ${waitMs}`),
          onProgress: ({ call, calls }) => heard.push(`${name} ${call}/${calls}`),
        },
      });
    await Promise.all([observed(0, "a"), observed(1, "b")]);
    assert.deepEqual(
      heard.filter((line) => !line.includes("queued")),
      ["a 1/3", "a 2/3", "a 3/3", "b 1/3", "b 2/3", "b 3/3"],
    );
    assert.deepEqual(
      new Set(heard.filter((line) => line.includes("queued"))),
      new Set(["b queued 1 undefined"]),
    );
  });
});

/** @file Places that are held before any image is looked at, and what becomes of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

const full = { code: "QUEUE_FULL", message: /^the queue is full: / };
const EDGE = 64;
/** One UNet call of one row. */
const job = sampleJob({ width: EDGE, height: EDGE, numInferenceSteps: 1, guidanceScale: 1 });
const JOBS = 3;

test("a permit holds places", async (t) => {
  const { engine, metrics } = createTestEngine(t, { maxQueuedWork: JOBS * EDGE * EDGE });
  const places = (count: number) => engine.reserve(new Array(count).fill(job), patient);
  const held = () => Promise.all([metricValue(metrics.jobsAdmitted), metricValue(metrics.workAdmitted)]);
  assert.throws(() => places(1), { code: "NOT_READY" });
  await engine.start();

  await t.test("all or none, until it gives them back, once", async () => {
    const first = places(1);
    assert.throws(() => places(JOBS), full);
    const permit = places(JOBS - 1);
    assert.throws(() => places(1), full);
    assert.deepEqual(await held(), [JOBS, JOBS * EDGE * EDGE]);
    permit.release();
    permit.release();
    assert.deepEqual(await held(), [1, EDGE * EDGE]);
    places(JOBS - 1).release();
    first.release();
    assert.deepEqual(await held(), [0, 0]);
  });

  await t.test("of any number on a server that has nothing to do", () => {
    const permit = places(5 * JOBS);
    assert.throws(() => places(1), full);
    permit.release();
  });

  await t.test("whose jobs run without another question about room, each once", async () => {
    const permit = places(JOBS);
    const results = [2, 0].map((index) => permit.run(index, job, patient));
    assert.throws(() => places(1), full);
    await assert.rejects(permit.run(2, job, patient), /has no free place 2/);
    for (const { image } of await Promise.all(results)) assert.equal(image.width, EDGE);
    permit.release();
    await assert.rejects(permit.run(1, job, patient), /has no free place 1/, "it was given back");
    assert.deepEqual(await held(), [0, 0]);
  });

  await t.test("that are given back when its request is given up, whoever forgets to", async () => {
    const request = new AbortController();
    engine.reserve([job, job], { ...patient, signal: request.signal });
    assert.deepEqual(await held(), [2, 2 * EDGE * EDGE]);
    request.abort();
    assert.deepEqual(await held(), [0, 0]);
  });

  await t.test("and the refused are counted, one for each job", async () => {
    const before = await metricValue(metrics.jobs, { outcome: "refused" });
    const permit = places(1);
    assert.throws(() => places(JOBS), full);
    assert.equal(await metricValue(metrics.jobs, { outcome: "refused" }), before + JOBS);
    permit.release();
  });

  await t.test("or is refused to whom it is of no use any more", () => {
    const gone = { ...patient, signal: AbortSignal.abort() };
    assert.throws(() => engine.reserve([job], gone), { code: "CANCELLED" });
  });
});

test("who waits hears of the place in the queue and of every call, with a preview where one is wanted", async (t) => {
  const { engine } = createTestEngine(t, { maxBatch: 1 });
  await engine.start();
  const heard: string[] = [];
  const sizes: (readonly number[])[] = [];
  const beganMs = performance.now();
  const long = sampleJob({ width: EDGE, height: EDGE, numInferenceSteps: 2, guidanceScale: 1 });
  await Promise.all(
    ["a", "b", "c"].map((name, i) =>
      runJobOn(engine, long, {
        ...patient,
        previews: name === "a",
        observer: {
          onQueued: (position) => heard.push(`${name} queued ${position}`),
          onProgress: ({ call, calls, preview }) => {
            heard.push(`${name} ${call}/${calls}`);
            if (preview !== undefined) sizes.push([i, preview.width, preview.height]);
          },
        },
      }),
    ),
  );
  assert.deepEqual(
    heard.filter((line) => line.includes("queued")),
    ["c queued 1"],
    "a worker has the job that it runs and the next one",
  );
  for (const name of ["a", "b", "c"]) {
    assert.deepEqual(
      heard.filter((line) => line.startsWith(`${name} `) && !line.includes("queued")),
      [`${name} 1/3`, `${name} 2/3`, `${name} 3/3`],
    );
  }
  const seconds = (performance.now() - beganMs) / 1000;
  assert.ok(sizes.length >= 1 && sizes.length <= 1 + seconds, `${sizes.length} previews in ${seconds} s`);
  for (const size of sizes) assert.deepEqual(size, [0, EDGE / 8, EDGE / 8], "one pixel a latent");
});

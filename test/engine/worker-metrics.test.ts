/** @file What each worker tells of itself is kept apart, and a worker that takes another's place takes its number. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Metrics } from "../../src/observability/metrics.js";
import { sampleJob } from "../support/sample.js";
import { createTestEngine, patient, runJobOn } from "../support/test-engine.js";

const job = sampleJob({ width: 64, height: 64, numInferenceSteps: 2 });

/** By worker. */
async function gauges({ workerRssBytes, cacheBytes }: Metrics) {
  const prompts = (await cacheBytes.get()).values.filter(({ labels }) => labels.cache === "prompt");
  return [(await workerRssBytes.get()).values, prompts].map((values) =>
    values
      .filter(({ value }) => value > 0)
      .map(({ labels }) => labels.worker)
      .sort(),
  );
}

test("two workers have two numbers, also when one of them is another process by now", async (t) => {
  const { engine, metrics, workerPid } = createTestEngine(t, { workerCount: 2, workerThreads: 1 });
  await engine.start();
  await workerPid(2);
  /** Each worker gets one of two jobs that come at once. */
  const runBoth = () => Promise.all([runJobOn(engine, job, patient), runJobOn(engine, job, patient)]);
  const both = ["0", "1"];
  await runBoth();
  assert.deepEqual(await gauges(metrics), [both, both]);
  process.kill(await workerPid(1), "SIGKILL");
  await workerPid(3);
  await runBoth();
  assert.deepEqual(await gauges(metrics), [both, both]);
});

/** @file A job that makes workers crash, in the runtime itself, and the jobs that share its UNet calls. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { heldWorkers } from "../support/held-workers.js";
import { preloading } from "../support/preload.js";
import { sampleJob, samplePictures } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

const ORT = pathToFileURL(createRequire(import.meta.url).resolve("onnxruntime-node")).href;
/** A number of steps has timesteps of its own; this one is where DDIM begins. */
const BAD_STEPS = 7;
const BAD_TIMESTEP = 1 + 6 * Math.floor(1000 / BAD_STEPS);

/** Workers whose UNet dies at one timestep, as a kernel with a fault for one input would. */
const CRASHES = `
import ort from ${JSON.stringify(ORT)};
const { run } = ort.InferenceSession.prototype;
ort.InferenceSession.prototype.run = function (feeds, ...rest) {
  for (const { dims, data } of Object.values(feeds)) {
    if (dims.length === 1 && data.includes(${BAD_TIMESTEP})) process.abort();
  }
  return run.call(this, feeds, ...rest);
};
`;

test("a job that ends workers is refused with its reason, and its neighbours are served", async (t) => {
  const size = { ...samplePictures(64), width: 64, height: 64, scheduler: "DDIM" } as const;
  const good = [1, 2, 3].map((seed) => sampleJob({ seed, numInferenceSteps: 100, ...size }));
  const bad = sampleJob({ seed: 4, numInferenceSteps: BAD_STEPS, ...size });
  const sound = createTestEngine(t);
  await sound.engine.start();
  const alone = [];
  for (const job of good) alone.push((await runJobOn(sound.engine, job, patient)).image.data);
  await sound.engine.close();

  const workers = await heldWorkers(t);
  const { engine, log, metrics, unetCalls, workerPid } = createTestEngine(t, {
    environment: preloading(CRASHES + workers.code),
  });
  await engine.start();
  workers.hold("calls");
  const answers = good.map((job) => runJobOn(engine, job, patient));
  await unetCalls.reached(6);
  const refused = assert.rejects(runJobOn(engine, bad, patient), {
    name: "InpaintError",
    code: "JOB_ENDS_WORKERS",
    message:
      /^the job was at work when 3 worker processes ended \(the last: SIGABRT\); it is not tried again$/,
  });
  workers.letGo("calls");
  const pictures = await Promise.all(answers);
  await refused;
  assert.deepEqual(
    pictures.map(({ image }) => image.data),
    alone,
  );
  await workerPid(4);
  assert.equal(await metricValue(metrics.workerRestarts), 3, "one with company and two alone");
  assert.equal(log.lines("a job lost its worker").length, 6);
  assert.equal(await metricValue(metrics.jobs, { outcome: "done" }), 3);
  assert.equal(await metricValue(metrics.jobs, { outcome: "failed" }), 1);
  assert.equal(await metricValue(metrics.jobsAdmitted), 0);
});

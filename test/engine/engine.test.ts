import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobPlan } from "../../src/diffusion/inpaint-job.js";
import { JOB_STAGES } from "../../src/diffusion/stage-times.js";
import { sampleImage, sampleJob } from "../support/sample.js";
import { createTestEngine, metricValue, patient, runJobOn } from "../support/test-engine.js";

test("the engine runs jobs in a process of its own", async (t) => {
  const { engine, metrics, unetCalls, workerPid } = createTestEngine(t);
  const problemsOf = (plan: JobPlan) => engine.problemsWith(plan).join("; ");
  assert.equal(engine.ready, false, "not ready before it was started");
  await assert.rejects(runJobOn(engine, sampleJob(), patient), { code: "NOT_READY" });
  assert.equal(problemsOf(sampleJob({ numInferenceSteps: 0 })), "", "nothing is known before it is ready");
  await engine.start();
  assert.equal(engine.ready, true);
  assert.notEqual(await workerPid(), process.pid);
  assert.equal(await metricValue(metrics.workersReady), 1);

  await t.test("a job brings a picture, the time of every stage and the UNet calls it took", async () => {
    const { image, times, warnings } = await runJobOn(engine, sampleJob({ numInferenceSteps: 2 }), {
      ...patient,
    });
    assert.deepEqual([image.width, image.height, image.data.length], [512, 512, 512 * 512 * 3]);
    assert.notDeepEqual(image.data, sampleImage.data);
    assert.deepEqual(Object.keys(times).sort(), [...JOB_STAGES].sort());
    for (const stage of JOB_STAGES) assert.ok(times[stage] > 0, `${stage} took ${times[stage]} ms`);
    assert.deepEqual(warnings, []);
    assert.equal(unetCalls.value, 3, "PNDM makes one call more than there are steps");
    assert.equal(await metricValue(metrics.unetCallsPlanned), 3);
    assert.equal(await metricValue(metrics.jobs, { outcome: "done" }), 1);
    const { values } = await metrics.stageSeconds.get();
    const counted = values.filter(({ metricName }) => metricName?.endsWith("_count"));
    assert.deepEqual(counted.map(({ labels }) => labels.stage).sort(), [...JOB_STAGES].sort());
  });

  await t.test("the same job twice brings the same bytes, alone or beside another one", async () => {
    const run = (seed: number) => runJobOn(engine, sampleJob({ seed }), patient);
    const [first, other, second] = await Promise.all([run(1), run(2), run(1)]);
    assert.deepEqual(first.image.data, second.image.data);
    assert.notDeepEqual(first.image.data, other.image.data);
    assert.deepEqual((await run(1)).image.data, first.image.data);
  });

  await t.test("jobs are served in the order in which they came", async () => {
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2].map((seed) => runJobOn(engine, sampleJob({ seed }), patient).then(() => order.push(seed))),
    );
    assert.deepEqual(order, [0, 1, 2]);
  });

  await t.test("a schedule that the checkpoint cannot run is known without running it", () => {
    assert.equal(problemsOf(sampleJob({ numInferenceSteps: 50 })), "");
    assert.equal(problemsOf(sampleJob({ numInferenceSteps: 999, scheduler: "DDIM" })), "");
    assert.match(problemsOf(sampleJob({ numInferenceSteps: 1000 })), /begins at timestep 1000/);
    assert.match(problemsOf(sampleJob({ numInferenceSteps: 1001, scheduler: "DDIM" })), /1000 timesteps/);
  });

  await t.test(
    "more layers to skip than the model has, and a larger image than may be made, are known too",
    () => {
      assert.equal(engine.model?.textEncoderLayers, 23);
      assert.equal(problemsOf(sampleJob({ clipSkip: 23 })), "");
      assert.equal(
        problemsOf(sampleJob({ clipSkip: 24 })),
        "clip_skip is 24, but the text encoder has 23 layers",
      );
      assert.equal(problemsOf(sampleJob({ height: 1024, width: 1024 })), "");
      assert.equal(
        problemsOf(sampleJob({ height: 1025, width: 1024 })),
        "height and width: an image computed at 1024×1032 is 1056768 pixels; at most 1048576 are made",
      );
      assert.equal(problemsOf(sampleJob({ height: 2048 })), "", "the model's width is 512");
      assert.match(problemsOf(sampleJob({ width: 2049 })), /computed at 2056×512/);
    },
  );

  await t.test("all that is wrong with a plan is known at once", () => {
    const problems = engine.problemsWith(sampleJob({ clipSkip: 24, width: 4096, strength: 0 }));
    assert.deepEqual(
      problems.map((problem) => problem.split(" ")[0]),
      ["clip_skip", "height", "strength"],
    );
  });

  await t.test("a job that may not run is refused although nobody asked before", async () => {
    const planned = await metricValue(metrics.unetCallsPlanned);
    const large = sampleJob({ height: 1032, width: 1024 });
    await assert.rejects(runJobOn(engine, large, patient), {
      code: "INVALID_INPUT",
      message: /at most 1048576 are made$/,
    });
    assert.equal(await metricValue(metrics.unetCallsPlanned), planned);
  });

  await t.test("a strength that leaves no step is known", () => {
    assert.equal(problemsOf(sampleJob({ numInferenceSteps: 4, strength: 0.25 })), "");
    assert.match(
      problemsOf(sampleJob({ numInferenceSteps: 4, strength: 0.2 })),
      /^strength 0\.2 of num_inference_steps 4 leaves fewer than one step/,
    );
  });

  await t.test("a job that fails keeps its code, and the job after it works", async () => {
    await assert.rejects(runJobOn(engine, sampleJob({ numInferenceSteps: 0 }), patient), {
      name: "InpaintError",
      code: "INVALID_INPUT",
    });
    // More pixels promised than there are: no check of ours expects this, so it is a failure of the run.
    const broken = sampleJob({ image: { width: 0, height: 0, data: new Uint8Array() } });
    await assert.rejects(runJobOn(engine, broken, patient), { code: "INFERENCE_FAILED" });
    assert.equal(await metricValue(metrics.jobs, { outcome: "failed" }), 1);
    assert.equal(
      await metricValue(metrics.jobs, { outcome: "refused" }),
      3,
      "the first came before the worker",
    );
    const { image } = await runJobOn(engine, sampleJob(), patient);
    assert.equal(image.width, 512);
  });

  await t.test("the bytes that cross to the worker and back are not changed on the way", async () => {
    const black = { width: 512, height: 512, data: new Uint8Array(512 * 512 * 3) };
    const { image, warnings } = await runJobOn(engine, sampleJob({ maskImage: black }), patient);
    assert.deepEqual(Buffer.from(image.data), Buffer.from(sampleImage.data));
    assert.match(warnings.join(), /mask leaves nothing to repaint/);
  });
});

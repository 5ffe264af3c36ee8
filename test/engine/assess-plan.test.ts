/** @file What is said of plans for a model of 512×512 that is open; that the engine asks is tested with the engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobPlan } from "../../src/diffusion/inpaint-job.js";
import { assessPlan } from "../../src/engine/assess-plan.js";
import type { ModelInfo } from "../../src/engine/protocol.js";
import { ScheduleLengths } from "../../src/engine/schedule-lengths.js";

const MODEL: ModelInfo = {
  name: "model",
  hash: "0".repeat(64),
  architecture: "an architecture",
  unetChannels: 9,
  textEncoderLayers: 2,
  predictionType: "epsilon",
  scheduler: "DDIMScheduler",
  weightsDtype: "F32",
  precision: "float32",
  executionProvider: "cpu",
  height: 512,
  width: 512,
  parameterCounts: { textEncoder: 1, unet: 1, vae: 1 },
};
const OPENED = {
  model: MODEL,
  schedulerConfig: { className: "DDIMScheduler" },
  geometry: { height: 512, width: 512, vaeScaleFactor: 8 },
};
const PLAN: JobPlan = {
  numInferenceSteps: 10,
  guidanceScale: 7.5,
  strength: 1,
  eta: 0,
  maskBlur: 0,
  invertMask: false,
  preserveUnmasked: true,
  maskFeather: 0,
};

function assess(changes: Partial<JobPlan>, maxOutputPixels = 1_048_576) {
  return assessPlan({ ...PLAN, ...changes }, OPENED, { maxOutputPixels, schedules: new ScheduleLengths() });
}

test("work is UNet calls, two rows with guidance, and the size that is computed", () => {
  const work = { unetCalls: 10, rows: 2, height: 512, width: 512 };
  assert.deepEqual(assess({}), { work });
  assert.deepEqual(assess({ guidanceScale: 1 }), { work: { ...work, rows: 1 } });
  assert.deepEqual(assess({ strength: 0.35 }), { work: { ...work, unetCalls: 3 } });
  assert.deepEqual(assess({ scheduler: "HeunDiscrete" }), { work: { ...work, unetCalls: 19 } });
  assert.deepEqual(assess({ height: 129 }), { work: { ...work, height: 136 } });
  assert.deepEqual(assess({ width: 8 }), { work: { ...work, width: 8 } });
  assert.deepEqual(assess({ clipSkip: 2 }), { work });
});

test("a part to crop is computed at the size asked for, whatever the size of its image", () => {
  assert.deepEqual(assess({ paddingMaskCrop: 32 }), assess({}));
});

test("what is too much is told with its limit", () => {
  assert.deepEqual(assess({ clipSkip: 3 }), {
    problems: ["clip_skip is 3, but the text encoder has 2 layers"],
  });
  assert.deepEqual(assess({ height: 1024, width: 1024 }), {
    work: { unetCalls: 10, rows: 2, height: 1024, width: 1024 },
  });
  assert.deepEqual(assess({ height: 1024, width: 1025 }), {
    problems: [
      "height and width: an image computed at 1032×1024 is 1056768 pixels; at most 1048576 are made",
    ],
  });
});

test("the model's own size is never too much, but an edge that is asked for makes it a size asked for", () => {
  assert.ok("work" in assess({}, 4096));
  assert.ok("problems" in assess({ height: 512 }, 4096));
  assert.ok("work" in assess({ height: 8 }, 4096));
});

test("all that is wrong is told, each once", () => {
  const assessment = assess({ clipSkip: 9, width: 8192, strength: 0 });
  assert.ok("problems" in assessment);
  assert.deepEqual(
    assessment.problems.map((problem) => problem.split(" ")[0]),
    ["clip_skip", "height", "strength"],
  );
});

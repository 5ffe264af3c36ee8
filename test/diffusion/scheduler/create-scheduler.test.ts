import assert from "node:assert/strict";
import { test } from "node:test";
import { createScheduler } from "../../../src/diffusion/scheduler/create-scheduler.js";
import { DdimScheduler } from "../../../src/diffusion/scheduler/ddim-scheduler.js";
import type { SchedulerConfig } from "../../../src/diffusion/scheduler/noise-scheduler.js";
import { PndmScheduler } from "../../../src/diffusion/scheduler/pndm-scheduler.js";

const PNDM: SchedulerConfig = { className: "PNDMScheduler" };
const DDIM: SchedulerConfig = { className: "DDIMScheduler" };
const invalidInput = (message: RegExp) => ({ name: "InpaintError", code: "INVALID_INPUT", message });
const invalidCheckpoint = (message: RegExp) => ({
  name: "InpaintError",
  code: "INVALID_CHECKPOINT",
  message,
});

test("the checkpoint's own class is taken unless another is named", () => {
  const numInferenceSteps = 4;
  assert.ok(createScheduler(PNDM, { numInferenceSteps }) instanceof PndmScheduler);
  assert.ok(createScheduler(DDIM, { numInferenceSteps }) instanceof DdimScheduler);
  assert.ok(createScheduler(DDIM, { numInferenceSteps, scheduler: "PNDM" }) instanceof PndmScheduler);
  assert.ok(createScheduler(PNDM, { numInferenceSteps, scheduler: "DDIM" }) instanceof DdimScheduler);
});

test("naming the checkpoint's own class keeps what the pipeline forces on it", () => {
  for (const [config, scheduler] of [
    [PNDM, "PNDM"],
    [DDIM, "DDIM"],
  ] as const) {
    const own = createScheduler(config, { numInferenceSteps: 7 });
    assert.deepEqual(createScheduler(config, { numInferenceSteps: 7, scheduler }).timesteps, own.timesteps);
    assert.equal(own.timesteps.at(-1), 1, "steps_offset 1");
  }
});

test("a class that is not served is refused by name, but can be replaced", () => {
  const config = { className: "HeunDiscreteScheduler" };
  assert.throws(
    () => createScheduler(config, { numInferenceSteps: 4 }),
    invalidCheckpoint(/"HeunDiscreteScheduler", which is not one of PNDM, DDIM/),
  );
  assert.deepEqual(
    createScheduler(config, { numInferenceSteps: 4, scheduler: "DDIM" }).timesteps,
    [750, 500, 250, 0],
  );
});

test("numbers of steps that make no schedule are refused", () => {
  for (const numInferenceSteps of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => createScheduler(PNDM, { numInferenceSteps }), invalidInput(/at least 1/));
  }
  assert.throws(
    () => createScheduler(DDIM, { numInferenceSteps: 1001 }),
    invalidInput(/num_inference_steps is 1001, but the model was trained on 1000/),
  );
  // the offset of 1 pushes the first of 1000 timesteps past the last one
  assert.throws(
    () => createScheduler(DDIM, { numInferenceSteps: 1000 }),
    invalidInput(/begins at timestep 1000, but the model's last is 999/),
  );
  assert.throws(
    () => createScheduler(DDIM, { numInferenceSteps: 3, scheduler: "PNDM" }),
    invalidInput(/num_inference_steps is 3, but scheduler PNDM with its Runge-Kutta steps needs at least 4/),
  );
});

test("what a class cannot do with a checkpoint is refused", () => {
  assert.throws(
    () => createScheduler({ ...PNDM, predictionType: "sample" }, { numInferenceSteps: 4 }),
    invalidInput(/PNDM cannot run a checkpoint whose prediction_type is "sample"/),
  );
  assert.throws(
    () => createScheduler({ ...DDIM, thresholding: true }, { numInferenceSteps: 4 }),
    invalidCheckpoint(/thresholding/),
  );
});

test("schedules fall from below 1000, and PNDM's is DDIM's with the second timestep twice", () => {
  const stepCounts = [...Array.from({ length: 130 }, (_, i) => i + 1), 250, 333, 500, 501, 667, 999];
  for (const timestepSpacing of ["leading", "trailing", "linspace"] as const) {
    for (const numInferenceSteps of stepCounts) {
      const { timesteps } = createScheduler({ ...DDIM, timestepSpacing }, { numInferenceSteps });
      assert.ok(timesteps.length >= numInferenceSteps);
      assert.ok(timesteps.every((t, i) => t < (timesteps[i - 1] ?? 1000)));
      const pndm = createScheduler({ ...PNDM, timestepSpacing }, { numInferenceSteps }).timesteps;
      const repeated = timesteps.length > 1 ? [...timesteps.slice(0, 2), ...timesteps.slice(1)] : timesteps;
      assert.deepEqual(pndm, repeated);
    }
  }
});

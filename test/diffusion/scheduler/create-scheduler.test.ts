import assert from "node:assert/strict";
import { test } from "node:test";
import { DdimScheduler } from "../../../src/diffusion/scheduler/alpha/ddim-scheduler.js";
import { PndmScheduler } from "../../../src/diffusion/scheduler/alpha/pndm-scheduler.js";
import { createScheduler } from "../../../src/diffusion/scheduler/create-scheduler.js";
import type { SchedulerConfig } from "../../../src/diffusion/scheduler/noise-scheduler.js";

const PNDM: SchedulerConfig = { className: "PNDMScheduler" };
const DDIM: SchedulerConfig = { className: "DDIMScheduler" };
const FULL = { strength: 1, eta: 0 } as const;
const invalidInput = (message: RegExp) => ({ name: "InpaintError", code: "INVALID_INPUT", message });
const invalidCheckpoint = (message: RegExp) => ({
  name: "InpaintError",
  code: "INVALID_CHECKPOINT",
  message,
});

test("the checkpoint's own class is taken unless another is named", () => {
  const numInferenceSteps = 4;
  assert.ok(createScheduler(PNDM, { ...FULL, numInferenceSteps }) instanceof PndmScheduler);
  assert.ok(createScheduler(DDIM, { ...FULL, numInferenceSteps }) instanceof DdimScheduler);
  assert.ok(
    createScheduler(DDIM, { ...FULL, numInferenceSteps, scheduler: "PNDM" }) instanceof PndmScheduler,
  );
  assert.ok(
    createScheduler(PNDM, { ...FULL, numInferenceSteps, scheduler: "DDIM" }) instanceof DdimScheduler,
  );
});

test("naming the checkpoint's own class keeps what the pipeline forces on it", () => {
  for (const [config, scheduler] of [
    [PNDM, "PNDM"],
    [DDIM, "DDIM"],
  ] as const) {
    const own = createScheduler(config, { ...FULL, numInferenceSteps: 7 });
    assert.deepEqual(
      createScheduler(config, { ...FULL, numInferenceSteps: 7, scheduler }).timesteps,
      own.timesteps,
    );
    assert.equal(own.timesteps.at(-1), 1, "steps_offset 1");
  }
});

test("a class that is not served is refused by name, but can be replaced", () => {
  const config = { className: "DDIMInverseScheduler" };
  assert.throws(
    () => createScheduler(config, { ...FULL, numInferenceSteps: 4 }),
    invalidCheckpoint(/"DDIMInverseScheduler", which is not one of PNDM, DDIM/),
  );
  assert.deepEqual(
    createScheduler(config, { ...FULL, numInferenceSteps: 4, scheduler: "DDIM" }).timesteps,
    [750, 500, 250, 0],
  );
});

test("numbers of steps that make no schedule are refused", () => {
  for (const numInferenceSteps of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => createScheduler(PNDM, { ...FULL, numInferenceSteps }), invalidInput(/at least 1/));
  }
  assert.throws(
    () => createScheduler(DDIM, { ...FULL, numInferenceSteps: 1001 }),
    invalidInput(/num_inference_steps is 1001, but the model was trained on 1000/),
  );
  // the offset of 1 pushes the first of 1000 timesteps past the last one
  assert.throws(
    () => createScheduler(DDIM, { ...FULL, numInferenceSteps: 1000 }),
    invalidInput(/begins at timestep 1000, but the model's last is 999/),
  );
  assert.throws(
    () => createScheduler(DDIM, { ...FULL, numInferenceSteps: 3, scheduler: "PNDM" }),
    invalidInput(/num_inference_steps is 3, but scheduler PNDM with its Runge-Kutta steps needs at least 4/),
  );
});

test("what a class cannot do with a checkpoint is refused", () => {
  assert.throws(
    () => createScheduler({ ...PNDM, predictionType: "sample" }, { ...FULL, numInferenceSteps: 4 }),
    invalidCheckpoint(/PNDM cannot run a checkpoint whose prediction_type is "sample"/),
  );
  assert.throws(
    () =>
      createScheduler(
        { ...DDIM, predictionType: "sample" },
        { ...FULL, numInferenceSteps: 4, scheduler: "PNDM" },
      ),
    invalidInput(/PNDM cannot run a checkpoint whose prediction_type is "sample"/),
    "with another class's checkpoint the choice is at fault",
  );
  assert.throws(
    () => createScheduler({ ...DDIM, betaSchedule: "sigmoid" }, { ...FULL, numInferenceSteps: 4 }),
    invalidCheckpoint(/DDIM has no beta_schedule "sigmoid".*linear, scaled_linear, squaredcos_cap_v2/),
  );
});

test("schedules fall from below 1000, and PNDM's is DDIM's with the second timestep twice", () => {
  const stepCounts = [...Array.from({ length: 130 }, (_, i) => i + 1), 250, 333, 500, 501, 667, 999];
  for (const timestepSpacing of ["leading", "trailing", "linspace"] as const) {
    for (const numInferenceSteps of stepCounts) {
      const { timesteps } = createScheduler({ ...DDIM, timestepSpacing }, { ...FULL, numInferenceSteps });
      assert.ok(timesteps.length >= numInferenceSteps);
      assert.ok(timesteps.every((t, i) => t < (timesteps[i - 1] ?? 1000)));
      const pndm = createScheduler({ ...PNDM, timestepSpacing }, { ...FULL, numInferenceSteps }).timesteps;
      const repeated = timesteps.length > 1 ? [...timesteps.slice(0, 2), ...timesteps.slice(1)] : timesteps;
      assert.deepEqual(pndm, repeated);
    }
  }
});

test("strength leaves out the first steps, and at least one must be left", () => {
  const timesteps = (strength: number) =>
    createScheduler(DDIM, { ...FULL, numInferenceSteps: 10, strength }).timesteps;
  assert.deepEqual(timesteps(0.3), [201, 101, 1]);
  // 10 · 0.29 is 2.9: cut down to whole steps
  assert.deepEqual(timesteps(0.29), [101, 1]);
  assert.throws(
    () => timesteps(0.05),
    invalidInput(/strength 0.05 of num_inference_steps 10 leaves fewer than one step/),
  );
  for (const strength of [-0.1, 1.5, Number.NaN]) {
    assert.throws(() => timesteps(strength), invalidInput(/strength is from 0 to 1/));
  }
});

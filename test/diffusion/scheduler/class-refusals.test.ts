/** @file What the classes refuse beyond the golden cells, by name and key, before anything is computed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchedulerName } from "../../../src/diffusion/inpaint-job.js";
import { TorchGenerator } from "../../../src/diffusion/random/torch-generator.js";
import { createScheduler, type ScheduleOptions } from "../../../src/diffusion/scheduler/create-scheduler.js";
import type { SchedulerConfig } from "../../../src/diffusion/scheduler/noise-scheduler.js";
import { tensor } from "../../../src/tensor/tensor.js";

const create = (
  name: SchedulerName,
  config: Partial<SchedulerConfig>,
  options: Partial<ScheduleOptions> = {},
) =>
  createScheduler(
    { className: `${name}Scheduler`, betaSchedule: "scaled_linear", ...config },
    { numInferenceSteps: 4, strength: 1, eta: 0, ...options },
  );
const refusal = (message: RegExp) => ({ name: "InpaintError", code: "INVALID_CHECKPOINT", message });

test("sigmas that a method cannot step between are refused", () => {
  const falling = { useKarrasSigmas: true, sigmaMin: 0.1, sigmaMax: 10 };
  const rising = { useKarrasSigmas: true, sigmaMin: 10, sigmaMax: 0.1 };
  assert.doesNotThrow(() => create("KDPM2AncestralDiscrete", falling));
  assert.throws(
    () => create("KDPM2AncestralDiscrete", rising),
    refusal(/KDPM2Ancestral.*needs sigmas that fall/),
  );
  // timestep 1000 is past the table, whose end is the sigma of 999 too
  const every = { numInferenceSteps: 1000 };
  assert.doesNotThrow(() => create("EulerDiscrete", { timestepSpacing: "leading" }, every));
  assert.throws(
    () => create("LMSDiscrete", { timestepSpacing: "leading" }, every),
    refusal(/LMSDiscrete.*needs sigmas that differ/),
  );
});

test("betas that leave no signal or no noise are refused by whoever steps by sigmas", () => {
  const silent = { numTrainTimesteps: 4, trainedBetas: [0.1, 0.2, 0.3, 1] };
  const clean = { numTrainTimesteps: 4, trainedBetas: [0, 0.1, 0.2, 0.3] };
  for (const name of ["EulerDiscrete", "HeunDiscrete", "LMSDiscrete", "KDPM2Discrete"] as const) {
    assert.throws(() => create(name, silent), refusal(/betas leave no signal at timestep 3/));
    assert.throws(() => create(name, clean), refusal(/needs sigmas above 0/));
  }
  const zeroSnr = { rescaleBetasZeroSnr: true };
  assert.ok(Number.isFinite(create("EulerDiscrete", zeroSnr).initNoiseSigma), "kept finite by the reference");
});

test("DDPM refuses a variance that no model here predicts", () => {
  for (const varianceType of ["learned", "learned_range"] as const) {
    assert.throws(
      () => create("DDPM", { varianceType }),
      refusal(new RegExp(`variance_type "${varianceType}"`)),
    );
  }
  assert.throws(() => create("DDPM", { varianceType: "fixed_large_log" }), refusal(/"fixed_large_log"/));
});

test("LCM takes no more steps than the model was distilled on", () => {
  assert.equal(create("LCM", {}, { numInferenceSteps: 50 }).timesteps.length, 50);
  assert.throws(() => create("LCM", {}, { numInferenceSteps: 51 }), {
    name: "InpaintError",
    code: "INVALID_INPUT",
    message: /num_inference_steps is 51, but scheduler LCM takes at most the 50 of original_inference_steps/,
  });
  assert.throws(
    () => create("LCM", { originalInferenceSteps: 1001 }),
    refusal(/original_inference_steps 1001 of num_train_timesteps 1000/),
  );
});

const ZERO_SNR_V = {
  betaStart: 0.00085,
  betaEnd: 0.012,
  clipSample: false,
  rescaleBetasZeroSnr: true,
  predictionType: "v_prediction",
  timestepSpacing: "trailing",
} as const;

test("with zero terminal SNR and eta 1 rounding leaves DDIM's first direction nothing, not NaN", () => {
  for (let numInferenceSteps = 2; numInferenceSteps <= 60; numInferenceSteps++) {
    const scheduler = create("DDIM", ZERO_SNR_V, { numInferenceSteps, eta: 1 });
    const sample = tensor<"B,4,h,w">([1, 4, 2, 2], new Float32Array(16).fill(0.5));
    const next = scheduler.step(sample, scheduler.timesteps[0] ?? 0, sample, new TorchGenerator(1));
    assert.ok(next.data.every(Number.isFinite), `${numInferenceSteps} steps`);
  }
});

/** @file scheduler_config.json: what arrives, what is refused and how it is named. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSchedulerConfig } from "../../src/checkpoint/scheduler-config.js";

/** The keys that are there, for `undefined` values would hide a default that has been filled in. */
function present(json: unknown): Record<string, unknown> {
  const entries = Object.entries(parseSchedulerConfig(json).data ?? assert.fail());
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

test("keys of the file arrive in camelCase, and no others", () => {
  assert.deepEqual(present({ _class_name: "PNDMScheduler" }), { className: "PNDMScheduler" });
  assert.deepEqual(
    present({
      _class_name: "DDIMScheduler",
      _diffusers_version: "0.8.0",
      beta_end: 0.012,
      beta_schedule: "scaled_linear",
      beta_start: 0.00085,
      clip_sample: false,
      clip_sample_range: 2,
      num_train_timesteps: 1000,
      prediction_type: "v_prediction",
      rescale_betas_zero_snr: true,
      set_alpha_to_one: false,
      skip_prk_steps: true,
      steps_offset: 1,
      thresholding: false,
      timestep_spacing: "trailing",
      trained_betas: null,
      use_karras_sigmas: true,
    }),
    {
      className: "DDIMScheduler",
      betaEnd: 0.012,
      betaSchedule: "scaled_linear",
      betaStart: 0.00085,
      clipSample: false,
      clipSampleRange: 2,
      numTrainTimesteps: 1000,
      predictionType: "v_prediction",
      rescaleBetasZeroSnr: true,
      setAlphaToOne: false,
      skipPrkSteps: true,
      stepsOffset: 1,
      thresholding: false,
      timestepSpacing: "trailing",
    },
  );
});

test("a value of the wrong kind is refused by its key", () => {
  const cases = [
    ["_class_name", 3],
    ["num_train_timesteps", 0],
    ["num_train_timesteps", 1e9],
    ["num_train_timesteps", 10.5],
    ["beta_start", "0.1"],
    ["beta_end", 2],
    ["beta_schedule", "sigmoid"],
    ["trained_betas", []],
    ["trained_betas", [0.1, "x"]],
    ["prediction_type", "flow"],
    ["timestep_spacing", 1],
    ["steps_offset", -1],
    ["clip_sample", "yes"],
    ["clip_sample_range", 0],
  ] as const;
  for (const [key, value] of cases) {
    const { error } = parseSchedulerConfig({ _class_name: "PNDMScheduler", [key]: value });
    assert.equal(error?.issues[0]?.path[0], key, `${key} ${JSON.stringify(value)}`);
  }
  for (const json of [null, [], "x", 1, {}]) assert.equal(parseSchedulerConfig(json).success, false);
});

test("any JSON is either a config or a list of problems", () => {
  const keys = fc.constantFrom("_class_name", "beta_start", "trained_betas", "steps_offset", "clip_sample");
  const object = fc.dictionary(keys, fc.jsonValue());
  fc.assert(
    fc.property(fc.oneof(object, fc.jsonValue()), (json) => {
      const { success, error } = parseSchedulerConfig(json);
      assert.ok(success || error.issues.length > 0);
    }),
  );
});

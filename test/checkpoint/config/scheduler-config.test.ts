/** @file scheduler_config.json: what arrives, what is refused and how it is named. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parseSchedulerConfig } from "../../../src/checkpoint/config/scheduler-config.js";
import { readJsonFile } from "../../../src/checkpoint/files/json-file.js";

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
      flow_shift: 3,
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
      useKarrasSigmas: true,
    },
  );
});

test("every key that a scheduler class reads arrives", () => {
  const file = {
    dynamic_thresholding_ratio: 0.9,
    sample_max_value: 1.5,
    use_karras_sigmas: false,
    use_exponential_sigmas: true,
    use_beta_sigmas: false,
    use_lu_lambdas: false,
    use_flow_sigmas: false,
    use_dynamic_shifting: false,
    sigma_min: 0.03,
    sigma_max: 14.6,
    final_sigmas_type: "sigma_min",
    interpolation_type: "log_linear",
    timestep_type: "continuous",
    variance_type: "fixed_large",
    original_inference_steps: 50,
    timestep_scaling: 10,
    algorithm_type: "sde-dpmsolver++",
    solver_order: 3,
    solver_type: "midpoint",
    lower_order_final: true,
    euler_at_final: false,
    lambda_min_clipped: -5.1,
    predict_x0: true,
    disable_corrector: [0, 2],
  };
  const arrived = present({ _class_name: "DPMSolverMultistepScheduler", ...file, solver_p: {} });
  const camelCase = (key: string) => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  assert.deepEqual(arrived, {
    className: "DPMSolverMultistepScheduler",
    ...Object.fromEntries(Object.entries(file).map(([key, value]) => [camelCase(key), value])),
    hasSolverP: true,
  });
});

test("the infinity that Python writes as a bare word is read, and no other", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "scheduler-config-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "scheduler_config.json");
  const read = async (members: string) => {
    await writeFile(path, `{"_class_name": "DPMSolverMultistepScheduler", ${members}}`);
    return readJsonFile(path, parseSchedulerConfig);
  };
  const { lambdaMinClipped, solverOrder } = await read('"lambda_min_clipped": -Infinity, "solver_order": 2');
  assert.deepEqual([lambdaMinClipped, solverOrder], [Number.NEGATIVE_INFINITY, 2]);
  for (const members of ['"lambda_min_clipped": Infinity', '"beta_start": -Infinity', '"beta_end": NaN']) {
    await assert.rejects(read(members), {
      code: "INVALID_CHECKPOINT",
      message: /scheduler_config\.json: not JSON/,
    });
  }
});

test("a value of the wrong kind is refused by its key", () => {
  const cases = [
    ["_class_name", 3],
    ["num_train_timesteps", 0],
    ["num_train_timesteps", 1e9],
    ["num_train_timesteps", 10.5],
    ["beta_start", "0.1"],
    ["beta_end", 2],
    ["beta_schedule", "cosine"],
    ["trained_betas", []],
    ["trained_betas", [0.1, "x"]],
    ["prediction_type", "flow"],
    ["timestep_spacing", 1],
    ["steps_offset", -1],
    ["clip_sample", "yes"],
    ["clip_sample_range", 0],
    ["use_beta_sigmas", 1],
    ["algorithm_type", "ddim"],
    ["solver_order", 1e6],
    ["final_sigmas_type", "one"],
    ["sigma_max", -1],
    ["lambda_min_clipped", "-Infinity"],
    ["disable_corrector", [-1]],
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

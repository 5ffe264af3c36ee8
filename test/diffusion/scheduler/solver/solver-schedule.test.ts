import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { parseSchedulerConfig } from "../../../../src/checkpoint/config/scheduler-config.js";
import { solverSchedule } from "../../../../src/diffusion/scheduler/solver/solver-schedule.js";
import { readGoldenJson } from "../../../support/golden.js";

// test/scripts/goldens/sigmas.py: timesteps of diffusers' DPMSolverMultistepScheduler
const spacedSchema = z.array(
  z.object({
    file: z.record(z.string(), z.unknown()),
    steps: z.number(),
    timesteps: z.array(z.number()),
  }),
);
const RULES = {
  name: "DPMSolverMultistep",
  hasTimestepSpacing: true,
  clipsLambda: true,
  hasLuLambdas: true,
  cutsCosineTimesteps: true,
  repeatsLastSigma: false,
  finalSigmasType: "zero",
} as const;

test("timesteps are diffusers' at every spacing and step count", () => {
  const cases = readGoldenJson("sigmas/spaced.json", spacedSchema);
  assert.ok(cases.some(({ steps, timesteps }) => timesteps.length > steps));
  for (const { file, steps, timesteps } of cases) {
    const config = parseSchedulerConfig(file).data ?? assert.fail(JSON.stringify(file));
    const plan = { numInferenceSteps: steps, skippedSteps: 0, eta: 0 };
    const schedule = solverSchedule(config, plan, RULES);
    assert.deepEqual(schedule.timesteps, timesteps, `${JSON.stringify(file)}, ${steps} steps`);
    assert.equal(schedule.levels.length, timesteps.length + 1);
  }
});

/** @file How many draws each class takes from its source: what is drawn after it would change with one more or less. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SCHEDULER_NAMES, type SchedulerName } from "../../../src/diffusion/inpaint-job.js";
import type { Latents } from "../../../src/diffusion/networks.js";
import { createScheduler } from "../../../src/diffusion/scheduler/create-scheduler.js";
import { tensor } from "../../../src/tensor/tensor.js";

const STEPS = 5;
/** Draws in 5 steps, by the reference's conditions; the last call of most brings the sample to no noise. */
const DRAWS: Partial<Record<SchedulerName, number>> = {
  DDIM: STEPS,
  DDPM: STEPS - 1, // none at timestep 0
  LCM: STEPS - 1, // none after the last step
  EulerAncestralDiscrete: STEPS, // of deviation 0 after the last step
  KDPM2AncestralDiscrete: STEPS - 1, // by second calls only
};

test("noise is drawn as often as the reference draws it, one sample's worth at a time", () => {
  for (const name of SCHEDULER_NAMES) {
    const config = { className: `${name}Scheduler`, timestepSpacing: "linspace" } as const;
    const scheduler = createScheduler(config, { numInferenceSteps: STEPS, strength: 1, eta: 0.5 });
    let draws = 0;
    const source = {
      randn(count: number) {
        assert.equal(count, 16, name);
        draws += 1;
        return new Float32Array(count);
      },
    };
    let sample: Latents = tensor([1, 4, 2, 2], new Float32Array(16).fill(0.5));
    for (const timestep of scheduler.timesteps) {
      const modelOutput = scheduler.scaleModelInput(sample, timestep);
      sample = scheduler.step(modelOutput, timestep, sample, source);
    }
    assert.equal(draws, DRAWS[name] ?? 0, name);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { parseSchedulerConfig } from "../../../src/checkpoint/config/scheduler-config.js";
import { SCHEDULER_NAMES } from "../../../src/diffusion/inpaint-job.js";
import type { Latents } from "../../../src/diffusion/networks.js";
import { createScheduler } from "../../../src/diffusion/scheduler/create-scheduler.js";
import { elementCount, tensor } from "../../../src/tensor/tensor.js";
import { assertAllClose } from "../../support/all-close.js";
import { readGoldenJson, readGoldenTensor } from "../../support/golden.js";
import { noiseFloats } from "../../support/integer-noise.js";

// test/scripts/goldens/schedulers.py: diffusers' schedulers, as the inpaint pipeline sets them up
const casesSchema = z.array(
  z.object({
    name: z.string(),
    config: z.record(z.string(), z.unknown()),
    scheduler: z.enum(SCHEDULER_NAMES).nullable(),
    runs: z.array(
      z.object({
        steps: z.number(),
        timesteps: z.array(z.number()),
        initNoiseSigma: z.number(),
        firstRow: z.number(),
      }),
    ),
  }),
);
const SHAPE = [1, 4, 4, 4];
const NOISE_SEED = 5;
const RELATIVE_TOLERANCE = 1e-4;

const NO_NOISE = { randn: () => assert.fail("noise drawn by a deterministic schedule") };

/** The golden maker's stand-in for the UNet: nonlinear, and the same to the last bit in both languages. */
function denoiser(sample: Latents, timestep: number): Latents {
  const round = Math.fround;
  const scale = round(3 + timestep / 1000);
  const out = sample.data.map((x) => round(x * scale) / round(2 + round(x * x)));
  return tensor(sample.shape, out);
}

test("schedules and trajectories are diffusers'", async (t) => {
  const { data: golden } = readGoldenTensor("schedulers/samples.npy");
  const rowLength = elementCount(SHAPE);
  let rowsSeen = 0;
  for (const { name, config, scheduler, runs } of readGoldenJson("schedulers/cases.json", casesSchema)) {
    const parsed = parseSchedulerConfig(config).data ?? assert.fail(name);
    for (const { steps, timesteps, initNoiseSigma, firstRow } of runs) {
      await t.test(`${name}, ${steps} steps`, (t) => {
        const schedule = createScheduler(parsed, {
          numInferenceSteps: steps,
          strength: 1,
          eta: 0,
          ...(scheduler && { scheduler }),
        });
        assert.deepEqual(schedule.timesteps, timesteps);
        assert.equal(schedule.initNoiseSigma, initNoiseSigma);

        let sample: Latents = tensor(
          SHAPE,
          noiseFloats(rowLength, NOISE_SEED).map((x) => x * initNoiseSigma),
        );
        const samples = schedule.timesteps.map((timestep) => {
          const modelOutput = denoiser(schedule.scaleModelInput(sample, timestep), timestep);
          sample = schedule.step(modelOutput, timestep, sample, NO_NOISE);
          return sample.data;
        });
        const endRow = firstRow + timesteps.length;
        rowsSeen += timesteps.length;
        assertAllClose(
          t,
          `samples after each of ${timesteps.length} calls`,
          samples.flatMap((data) => [...data]),
          golden.subarray(firstRow * rowLength, endRow * rowLength),
          { relative: RELATIVE_TOLERANCE },
        );
      });
    }
  }
  assert.equal(rowsSeen * rowLength, golden.length, "every golden value was compared");
});

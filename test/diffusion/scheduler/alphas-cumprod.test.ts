import assert from "node:assert/strict";
import { test } from "node:test";
import { alphasCumprod } from "../../../src/diffusion/scheduler/alphas-cumprod.js";
import { assertAllClose } from "../../support/all-close.js";
import { readGoldenTensor } from "../../support/golden.js";

const LINEAR = {
  numTrainTimesteps: 1000,
  betaStart: 0.0001,
  betaEnd: 0.02,
  betaSchedule: "linear",
  trainedBetas: undefined,
  rescaleBetasZeroSnr: false,
} as const;
const SCALED_LINEAR = {
  ...LINEAR,
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: "scaled_linear",
} as const;

/** torch's vectorised square root is a last bit off now and then; the rescaling spreads that over all alphas. */
const RESCALED_TOLERANCE = 1e-6;

// test/scripts/goldens/schedulers.py, ALPHAS: scheduler.alphas_cumprod of 1000 training timesteps
const SCHEDULES = [
  ["linear", LINEAR],
  ["scaled_linear", SCALED_LINEAR],
  ["squaredcos_cap_v2", { ...LINEAR, betaSchedule: "squaredcos_cap_v2" }],
  ["scaled_linear rescaled", { ...SCALED_LINEAR, rescaleBetasZeroSnr: true }],
] as const;

test("cumulative alphas are those of diffusers", (t) => {
  const { shape, data } = readGoldenTensor("schedulers/alphas-cumprod.npy");
  assert.deepEqual(shape, [SCHEDULES.length, 1000]);
  for (const [row, [name, schedule]] of SCHEDULES.entries()) {
    const expected = data.subarray(row * 1000, (row + 1) * 1000);
    assertAllClose(t, name, alphasCumprod(schedule), expected, {
      absolute: schedule.rescaleBetasZeroSnr ? RESCALED_TOLERANCE : 0,
    });
  }
});

test("a schedule of one training timestep has one alpha", () => {
  assert.deepEqual(
    alphasCumprod({ ...LINEAR, numTrainTimesteps: 1, betaStart: 0.25 }),
    Float32Array.of(0.75),
  );
});

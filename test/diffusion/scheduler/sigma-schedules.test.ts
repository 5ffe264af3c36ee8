import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { symmetricBetaQuantile } from "../../../src/diffusion/scheduler/beta-quantile.js";
import { logFloat32 } from "../../../src/diffusion/scheduler/log-float32.js";
import {
  betaSigmas,
  exponentialSigmas,
  karrasSigmas,
  logSigmaTable,
  luSigmas,
  sigmaToTimestep,
} from "../../../src/diffusion/scheduler/sigma-schedules.js";
import { readGoldenJson, readGoldenTensor } from "../../support/golden.js";

// test/scripts/goldens/sigmas.py: numpy, scipy and diffusers
const RELATIVE_TOLERANCE = 1e-13;

const quantilesSchema = z.object({ shape: z.number(), p: z.array(z.number()), x: z.array(z.number()) });
const tablesSchema = z.array(
  z.object({
    table: z.string(),
    schedules: z.array(
      z.object({
        name: z.enum(["karras", "exponential", "beta", "lu"]),
        sigmas: z.array(z.number()),
        timesteps: z.array(z.number()),
      }),
    ),
  }),
);

/** The largest |a − b| / |b|; 0 equals only 0. */
function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(actual.length, expected.length);
  assert.ok(expected.length > 0);
  const errors = expected.map((b, i) =>
    actual[i] === b ? 0 : Math.abs(((actual[i] ?? Number.NaN) - b) / b),
  );
  return errors.includes(Number.NaN) ? Number.NaN : Math.max(...errors);
}

test("float32 logarithms are numpy's to the last bit", () => {
  const { shape, data } = readGoldenTensor("sigmas/log-float32.npy");
  const count = shape[1] ?? 0;
  assert.ok(count > 4000);
  assert.deepEqual(data.slice(0, count).map(logFloat32), data.slice(count));
});

test("quantiles of the beta distribution are scipy's", (t) => {
  const { shape, p, x } = readGoldenJson("sigmas/beta-quantiles.json", quantilesSchema);
  const error = relativeError(
    p.map((value) => symmetricBetaQuantile(value, shape)),
    x,
  );
  t.diagnostic(`max relative error ${error} over ${p.length} probabilities, tolerance ${RELATIVE_TOLERANCE}`);
  assert.ok(error <= RELATIVE_TOLERANCE);
  assert.equal(symmetricBetaQuantile(0, shape), 0);
  assert.equal(symmetricBetaQuantile(1, shape), 1);
});

test("sigma schedules and their timesteps are diffusers'", async (t) => {
  for (const { table, schedules } of readGoldenJson("sigmas/schedules.json", tablesSchema)) {
    await t.test(table, (t) => {
      const { data } = readGoldenTensor(`sigmas/table-${table.replace(" ", "-")}.npy`);
      const training = data.slice(0, 1000);
      const logSigmas = logSigmaTable(training);
      assert.deepEqual(logSigmas, data.slice(1000), "table of log sigmas");
      const range = { sigmaMin: training.at(0) ?? Number.NaN, sigmaMax: training.at(-1) ?? Number.NaN };
      const makers = {
        karras: (count: number) => karrasSigmas(range, count),
        exponential: (count: number) => exponentialSigmas(range, count),
        beta: (count: number) => betaSigmas(range, count),
        lu: (count: number) => luSigmas(logSigmas, count),
      };
      let worst = 0;
      for (const { name, sigmas, timesteps } of schedules) {
        const made: Float64Array = makers[name](sigmas.length);
        const error = relativeError(made, sigmas);
        assert.ok(error <= RELATIVE_TOLERANCE, `${name}, ${sigmas.length} steps: ${error}`);
        worst = Math.max(worst, error);
        const looked: number[] = Array.from(made, (sigma): number => sigmaToTimestep(sigma, logSigmas));
        const label = `${name}, ${sigmas.length} timesteps`;
        assert.deepEqual(looked.map(Math.trunc), timesteps.map(Math.trunc), label);
        const gap = Math.max(
          ...looked.map((timestep, i) => Math.abs(timestep - (timesteps[i] ?? Number.NaN))),
        );
        assert.ok(gap <= 1e-9, `${label}: ${gap} off`);
      }
      t.diagnostic(`max relative error ${worst}, tolerance ${RELATIVE_TOLERANCE}`);
    });
  }
});

test("a sigma outside the table is at one of its ends", () => {
  const logSigmas = logSigmaTable(Float32Array.of(0.5, 1, 2));
  assert.equal(sigmaToTimestep(0, logSigmas), 0);
  assert.equal(sigmaToTimestep(0.25, logSigmas), 0);
  assert.equal(sigmaToTimestep(1, logSigmas), 1);
  assert.equal(sigmaToTimestep(9, logSigmas), 2);
});

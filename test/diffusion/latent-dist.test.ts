import assert from "node:assert/strict";
import { test } from "node:test";
import { meanLatents, sampleLatents } from "../../src/diffusion/latent-dist.js";
import type { LatentMoments } from "../../src/diffusion/networks.js";
import { TorchGenerator } from "../../src/diffusion/random/torch-generator.js";
import { tensor } from "../../src/tensor/tensor.js";
import { assertAllClose } from "../support/all-close.js";
import { readGoldenTensor } from "../support/golden.js";
import { noiseFloats } from "../support/integer-noise.js";

const NOISE_SEED = 3;
const LATENTS = 4 * 4 * 4;
const SEED = 21;
const SCALING_FACTOR = 0.18215;

/** The moments in test/scripts/goldens/resample.py: noise, with one log variance below the clamp and one above. */
function moments(): LatentMoments {
  const data = noiseFloats(2 * LATENTS, NOISE_SEED);
  data[LATENTS] = -1000;
  data[LATENTS + 1] = 40;
  return tensor([1, 8, 4, 4], data);
}

test("samples are those of diffusers' DiagonalGaussianDistribution", (t) => {
  const golden = readGoldenTensor("resample/latent-samples.npy");
  const samples = sampleLatents(moments(), new TorchGenerator(SEED), SCALING_FACTOR);
  assert.deepEqual(samples.shape, golden.shape);
  // the clamp at 20 is e^10 deviations wide and would hide the rest under a relative tolerance
  assertAllClose(t, "clamped above", [samples.data[1] ?? 0], [golden.data[1] ?? 0], { relative: 1e-6 });
  const others = (data: Float32Array) => data.filter((_, i) => i !== 1);
  assertAllClose(t, "all others", others(samples.data), others(golden.data), { relative: 1e-6 });
});

test("a batch is sampled row by row from one stream", () => {
  const { data } = moments();
  const pair: LatentMoments = tensor([2, 8, 4, 4], Float32Array.of(...data, ...data));
  const samples = sampleLatents(pair, new TorchGenerator(SEED), 1);
  const noise = new TorchGenerator(SEED).randn(2 * LATENTS);
  for (const row of [0, 1]) {
    assert.equal(
      samples.data[row * LATENTS + 5],
      Math.fround(
        (data[5] ?? 0) +
          Math.fround(Math.fround(Math.exp((data[LATENTS + 5] ?? 0) / 2)) * (noise[row * LATENTS + 5] ?? 0)),
      ),
    );
  }
});

test("the mean is the sample without its noise", () => {
  const { data } = moments();
  data.fill(-1000, LATENTS);
  const certain: LatentMoments = tensor([1, 8, 4, 4], data);
  const mean = meanLatents(certain, SCALING_FACTOR);
  assert.deepEqual(mean.shape, [1, 4, 4, 4]);
  assert.equal(mean.data[7], Math.fround(Math.fround(SCALING_FACTOR) * (data[7] ?? 0)));
  // a log variance is clamped at -30: deviations of 3e-7, which is still something
  const sample = sampleLatents(certain, new TorchGenerator(SEED), SCALING_FACTOR);
  assert.ok(mean.data.every((x, i) => Math.abs(x - (sample.data[i] ?? Number.NaN)) < 1e-6));
});

/**
 * @file The VAE's posterior over latents. Knows how to draw one sample of it, and its mean; knows no network.
 *
 * Matches: diffusers `DiagonalGaussianDistribution.sample` and `.mode`, times `scaling_factor`.
 */
import { expectShape } from "../tensor/expect-shape.js";
import { tensor } from "../tensor/tensor.js";
import type { LatentMoments, Latents } from "./networks.js";
import type { TorchGenerator } from "./random/torch-generator.js";

const MIN_LOG_VARIANCE = -30;
const MAX_LOG_VARIANCE = 20;

/** Scaled latents `[B, 4, h, w]` from moments `[B, 8, h, w]`; draws `B·4·h·w` normals from `generator`. */
export function sampleLatents(
  moments: LatentMoments,
  generator: TorchGenerator,
  scalingFactor: number,
): Latents {
  const [batch = 0, channels = 0, height = 0, width = 0] = moments.shape;
  const half = (channels / 2) * height * width;
  const noise = generator.randn(batch * half);
  const scale = Math.fround(scalingFactor);
  const out = new Float32Array(noise.length);
  for (let row = 0; row < batch; row++) {
    const mean = 2 * row * half;
    for (let i = 0; i < half; i++) {
      const logVariance = moments.data[mean + half + i] ?? 0;
      const clamped = Math.min(Math.max(logVariance, MIN_LOG_VARIANCE), MAX_LOG_VARIANCE);
      const deviation = Math.fround(Math.exp(Math.fround(0.5 * clamped)));
      const offset = Math.fround(deviation * (noise[row * half + i] ?? 0));
      out[row * half + i] = scale * Math.fround((moments.data[mean + i] ?? 0) + offset);
    }
  }
  return tensor([batch, channels / 2, height, width], out);
}

/** Scaled latents `[1, 4, h, w]` from moments `[1, 8, h, w]`: the means, without a draw. */
export function meanLatents({ shape, data }: LatentMoments, scalingFactor: number): Latents {
  const [, channels = 0, height = 0, width = 0] = shape;
  expectShape("moments", shape, [1, channels, height, width]);
  const scale = Math.fround(scalingFactor);
  const means = data.subarray(0, data.length / 2);
  return tensor(
    [1, channels / 2, height, width],
    means.map((mean) => scale * mean),
  );
}

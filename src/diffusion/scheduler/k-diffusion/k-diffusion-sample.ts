/**
 * @file Samples whose noise has standard deviation sigma over a signal of unit variance. Knows no schedule.
 *
 * Matches: `scale_model_input`, `add_noise` and the prediction types in `step` of diffusers' schedulers that come from
 * k-diffusion; Karras et al. 2022, table 1. Float32 after every operation.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { differenceQuotient, quotient, weightedSum } from "../latent-arithmetic.js";
import type { PredictionType } from "../noise-scheduler.js";
import { rootOfSquarePlusOne } from "./k-diffusion-schedule.js";

/** Scaled to unit variance. */
export function scaleToUnit(sample: Latents, sigma: number): Latents {
  return tensor(sample.shape, quotient(sample.data, rootOfSquarePlusOne(sigma)));
}

export function noiseToSigma(original: Latents, noise: Latents, sigma: number): Latents {
  return tensor(
    original.shape,
    weightedSum([
      [1, original.data],
      [sigma, noise.data],
    ]),
  );
}

/** The clean sample; may be `modelOutput` itself. */
export function originalAtSigma(
  predictionType: PredictionType,
  modelOutput: Float32Array,
  sample: Float32Array,
  sigma: number,
): Float32Array {
  switch (predictionType) {
    case "epsilon":
      return weightedSum([
        [1, sample],
        [-sigma, modelOutput],
      ]);
    case "v_prediction":
      return weightedSum([
        [-sigma / rootOfSquarePlusOne(sigma), modelOutput],
        [1, quotient(sample, Math.fround(sigma * sigma) + 1)],
      ]);
    case "sample":
      return modelOutput;
    default:
      predictionType satisfies never;
      throw new Error(`unreachable: prediction type ${String(predictionType)}`);
  }
}

/** dx/dσ: the direction of the sample's way, from which every one of these methods steps. */
export function derivativeAtSigma(original: Float32Array, sample: Float32Array, sigma: number): Float32Array {
  return differenceQuotient(sample, original, sigma);
}

/** x + dσ · dx/dσ */
export function stepAlong(sample: Float32Array, derivative: Float32Array, dSigma: number): Float32Array {
  return weightedSum([
    [1, sample],
    [dSigma, derivative],
  ]);
}

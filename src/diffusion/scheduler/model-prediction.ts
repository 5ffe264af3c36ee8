/**
 * @file What a model output says of the clean sample and of the noise in it. Knows no schedule.
 *
 * Matches: `convert_model_output` of diffusers' DPM-Solver, UniPC and DEIS schedulers, and `step` of DDIM, DDPM and LCM; velocity after Salimans & Ho
 * 2022, appendix D. Float32 after every operation.
 */
import { quotient, weightedSum } from "./latent-arithmetic.js";
import type { PredictionType } from "./noise-scheduler.js";

/** x = α · original + σ · noise */
interface Mix {
  readonly alpha: number;
  readonly sigma: number;
}

/** May return `modelOutput` itself. */
export function predictedOriginal(
  predictionType: PredictionType,
  modelOutput: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: Mix,
): Float32Array {
  switch (predictionType) {
    case "epsilon":
      return originalFromNoise(modelOutput, sample, { alpha, sigma });
    case "sample":
      return modelOutput;
    case "v_prediction":
      return weightedSum([
        [alpha, sample],
        [-sigma, modelOutput],
      ]);
    default:
      predictionType satisfies never;
      throw new Error(`unreachable: prediction type ${String(predictionType)}`);
  }
}

/** May return `modelOutput` itself. */
export function predictedNoise(
  predictionType: PredictionType,
  modelOutput: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: Mix,
): Float32Array {
  switch (predictionType) {
    case "epsilon":
      return modelOutput;
    case "sample":
      return noiseFromOriginal(modelOutput, sample, { alpha, sigma });
    case "v_prediction":
      return weightedSum([
        [alpha, modelOutput],
        [sigma, sample],
      ]);
    default:
      predictionType satisfies never;
      throw new Error(`unreachable: prediction type ${String(predictionType)}`);
  }
}

/** (x − σ·ε) / α */
export function originalFromNoise(
  noise: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: Mix,
): Float32Array {
  return remainder(sample, sigma, noise, alpha);
}

/** (x − α·x₀) / σ */
export function noiseFromOriginal(
  original: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: Mix,
): Float32Array {
  return remainder(sample, alpha, original, sigma);
}

function remainder(sample: Float32Array, factor: number, part: Float32Array, divisor: number): Float32Array {
  return quotient(
    weightedSum([
      [1, sample],
      [-factor, part],
    ]),
    divisor,
  );
}

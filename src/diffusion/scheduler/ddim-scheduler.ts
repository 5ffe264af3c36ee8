/**
 * @file Denoising diffusion implicit models (Song et al. 2021), without added noise. Knows its own defaults; the
 * inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `DDIMScheduler` (schedulers/scheduling_ddim.py) at eta 0, call for call.
 *
 * Left out, on purpose:
 *  - eta > 0 and `use_clipped_model_output` (the inpaint pipeline's defaults are 0 and off)
 *  - `thresholding` (a checkpoint that asks for it is refused: it is for pixel models, not latent ones)
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import { tensor } from "../../tensor/tensor.js";
import type { Latents } from "../networks.js";
import { AlphaTable } from "./alpha-table.js";
import type { NoiseScheduler, PredictionType, SchedulerConfig } from "./noise-scheduler.js";
import { spacedTimesteps } from "./spaced-timesteps.js";

export class DdimScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #alphas: AlphaTable;
  readonly #predictionType: PredictionType;
  /** Training timesteps between two steps. */
  readonly #stride: number;
  /** The predicted clean sample is kept within ± this; Infinity where it is not clipped. */
  readonly #clipRange: number;

  /** Throws InpaintError INVALID_INPUT for a schedule past the last timestep, INVALID_CHECKPOINT for thresholding. */
  constructor(config: SchedulerConfig, numInferenceSteps: number) {
    if (config.thresholding) {
      throw new InpaintError(
        "INVALID_CHECKPOINT",
        "the checkpoint's scheduler config asks for thresholding, which scheduler DDIM does not do here",
      );
    }
    const numTrainTimesteps = config.numTrainTimesteps ?? 1000;
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#stride = Math.floor(numTrainTimesteps / numInferenceSteps);
    this.#clipRange = (config.clipSample ?? true) ? (config.clipSampleRange ?? 1) : Number.POSITIVE_INFINITY;
    this.#alphas = new AlphaTable({
      numTrainTimesteps,
      betaStart: config.betaStart ?? 0.0001,
      betaEnd: config.betaEnd ?? 0.02,
      betaSchedule: config.betaSchedule ?? "linear",
      trainedBetas: config.trainedBetas,
      rescaleBetasZeroSnr: config.rescaleBetasZeroSnr ?? false,
      setAlphaToOne: config.setAlphaToOne ?? true,
    });
    this.timesteps = spacedTimesteps(
      {
        numTrainTimesteps,
        timestepSpacing: config.timestepSpacing ?? "leading",
        stepsOffset: config.stepsOffset ?? 0,
      },
      numInferenceSteps,
    ).toReversed();
    this.#alphas.expectCovers(this.timesteps);
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  /** Formula (12) of the paper at sigma 0, float32 after every operation. */
  step(modelOutput: Latents, timestep: number, sample: Latents): Latents {
    const round = Math.fround;
    const alpha = this.#alphas.at(timestep);
    const previousAlpha = this.#alphas.before(timestep - this.#stride);
    const rootPreviousAlpha = round(Math.sqrt(previousAlpha));
    const rootPreviousBeta = round(Math.sqrt(round(1 - previousAlpha)));
    const clipRange = round(this.#clipRange);
    const { original, noise } = predict(
      this.#predictionType,
      modelOutput.data,
      sample.data,
      round(Math.sqrt(alpha)),
      round(Math.sqrt(round(1 - alpha))),
    );
    const out = new Float32Array(original.length);
    for (let i = 0; i < out.length; i++) {
      const x0 = original[i] ?? 0;
      const clipped = Math.min(Math.max(x0, -clipRange), clipRange);
      out[i] = round(rootPreviousAlpha * clipped) + round(rootPreviousBeta * (noise[i] ?? 0));
    }
    return tensor(sample.shape, out);
  }
}

/** What the model output says of the clean sample and of the noise in it, whichever of them it is. */
function predict(
  predictionType: PredictionType,
  modelOutput: Float32Array,
  sample: Float32Array,
  rootAlpha: number,
  rootBeta: number,
): { readonly original: Float32Array; readonly noise: Float32Array } {
  const round = Math.fround;
  const other = new Float32Array(sample.length);
  switch (predictionType) {
    case "epsilon":
      for (let i = 0; i < other.length; i++) {
        other[i] = round((sample[i] ?? 0) - round(rootBeta * (modelOutput[i] ?? 0))) / rootAlpha;
      }
      return { original: other, noise: modelOutput };
    case "sample":
      for (let i = 0; i < other.length; i++) {
        other[i] = round((sample[i] ?? 0) - round(rootAlpha * (modelOutput[i] ?? 0))) / rootBeta;
      }
      return { original: modelOutput, noise: other };
    case "v_prediction": {
      const original = new Float32Array(sample.length);
      for (let i = 0; i < other.length; i++) {
        const x = sample[i] ?? 0;
        const velocity = modelOutput[i] ?? 0;
        original[i] = round(rootAlpha * x) - round(rootBeta * velocity);
        other[i] = round(rootAlpha * velocity) + round(rootBeta * x);
      }
      return { original, noise: other };
    }
    default:
      predictionType satisfies never;
      throw new Error(`unreachable: prediction type ${String(predictionType)}`);
  }
}

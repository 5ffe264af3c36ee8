/**
 * @file Denoising diffusion implicit models (Song et al. 2021). Knows its own defaults; the inpaint pipeline's are in
 * create-scheduler.ts.
 *
 * Matches: diffusers `DDIMScheduler` (schedulers/scheduling_ddim.py), call for call.
 *
 * Left out, on purpose: `use_clipped_model_output` (the inpaint pipeline has no way to ask for it)
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { weightedSum } from "../latent-arithmetic.js";
import { predictedNoise, predictedOriginal } from "../model-prediction.js";
import type {
  NoiseScheduler,
  NoiseSource,
  PredictionType,
  SchedulePlan,
  SchedulerConfig,
} from "../noise-scheduler.js";
import { spacedTimesteps } from "../spaced-timesteps.js";
import { boundSample, isBounded, type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { varianceSchedule } from "../variance-schedule.js";
import { AlphaTable } from "./alpha-table.js";

export class DdimScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #alphas: AlphaTable;
  readonly #predictionType: PredictionType;
  /** Training timesteps between two steps. */
  readonly #stride: number;
  readonly #bounds: SampleBounds;
  readonly #eta: number;

  /**
   * Throws InpaintError INVALID_INPUT for a schedule past the last timestep, INVALID_CHECKPOINT for a beta schedule
   * that the class does not have and for a first timestep at which epsilon says nothing of the image.
   */
  constructor(config: SchedulerConfig, { numInferenceSteps, skippedSteps, eta }: SchedulePlan) {
    const numTrainTimesteps = config.numTrainTimesteps ?? 1000;
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#stride = Math.floor(numTrainTimesteps / numInferenceSteps);
    this.#bounds = sampleBounds(config, true);
    this.#eta = eta;
    this.#alphas = new AlphaTable({
      ...varianceSchedule("DDIM", config),
      setAlphaToOne: config.setAlphaToOne ?? true,
    });
    this.timesteps = spacedTimesteps(
      {
        numTrainTimesteps,
        timestepSpacing: config.timestepSpacing ?? "leading",
        stepsOffset: config.stepsOffset ?? 0,
      },
      numInferenceSteps,
    )
      .toReversed()
      .slice(skippedSteps);
    this.#alphas.expectCovers(this.timesteps);
    if (this.#predictionType === "epsilon" && !isBounded(this.#bounds)) {
      this.#alphas.expectSignal("DDIM", this.timesteps);
    }
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  /** Formulas (12) and (16) of the paper, float32 after every operation. */
  step(modelOutput: Latents, timestep: number, sample: Latents, source: NoiseSource): Latents {
    const round = Math.fround;
    const alpha = this.#alphas.at(timestep);
    const previousAlpha = this.#alphas.before(timestep - this.#stride);
    const rootPreviousAlpha = round(Math.sqrt(previousAlpha));
    const previousBeta = round(1 - previousAlpha);
    const share = round(round(previousBeta / round(1 - alpha)) * round(1 - round(alpha / previousAlpha)));
    const deviation = round(round(this.#eta) * round(Math.sqrt(share)));
    // at eta 1 nothing may be left of the direction, and rounding may leave less
    const directionScale = round(Math.sqrt(Math.max(0, round(previousBeta - round(deviation * deviation)))));
    const root = { alpha: round(Math.sqrt(alpha)), sigma: round(Math.sqrt(round(1 - alpha))) };
    const original = predictedOriginal(this.#predictionType, modelOutput.data, sample.data, root);
    const direction = predictedNoise(this.#predictionType, modelOutput.data, sample.data, root);
    const out = weightedSum([
      [rootPreviousAlpha, boundSample(original, this.#bounds)],
      [directionScale, direction],
      ...(this.#eta > 0 ? [[deviation, source.randn(original.length)] as const] : []),
    ]);
    return tensor(sample.shape, out);
  }

  addNoise(original: Latents, noise: Latents, timestep: number): Latents {
    return this.#alphas.addNoise(original, noise, timestep);
  }
}

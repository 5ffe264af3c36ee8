/**
 * @file Denoising diffusion probabilistic models (Ho et al. 2020). Knows its own defaults; the inpaint pipeline's are in
 * create-scheduler.ts.
 *
 * Matches: diffusers `DDPMScheduler` (schedulers/scheduling_ddpm.py), call for call.
 *
 * Left out, on purpose: the variance types `learned` and `learned_range`, which need a model of 8 output channels, and
 * `fixed_large_log`, of which the reference makes NaN; all three are refused
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { weightedSum } from "../latent-arithmetic.js";
import { predictedOriginal } from "../model-prediction.js";
import type {
  NoiseScheduler,
  NoiseSource,
  PredictionType,
  SchedulePlan,
  SchedulerConfig,
  VarianceType,
} from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import { spacedTimesteps } from "../spaced-timesteps.js";
import { boundSample, isBounded, type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { varianceSchedule } from "../variance-schedule.js";
import { AlphaTable } from "./alpha-table.js";

const NAME = "DDPM";
/** The reference keeps the variance from becoming 0, so that it has a logarithm. */
const MIN_VARIANCE = 1e-20;

type ServedVariance = Extract<VarianceType, "fixed_small" | "fixed_small_log" | "fixed_large">;

export class DdpmScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #alphas: AlphaTable;
  readonly #predictionType: PredictionType;
  readonly #varianceType: ServedVariance;
  readonly #bounds: SampleBounds;
  #callsDone = 0;

  /**
   * Throws InpaintError INVALID_INPUT for a schedule past the last timestep, INVALID_CHECKPOINT for a variance type or
   * beta schedule that is not served and for a first timestep at which epsilon says nothing of the image.
   */
  constructor(config: SchedulerConfig, { numInferenceSteps, skippedSteps }: SchedulePlan) {
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#varianceType = servedVariance(config.varianceType ?? "fixed_small");
    this.#bounds = sampleBounds(config, true);
    // the reference's own table ends at 1, whatever set_alpha_to_one says
    this.#alphas = new AlphaTable({ ...varianceSchedule(NAME, config), setAlphaToOne: true });
    this.timesteps = spacedTimesteps(
      {
        numTrainTimesteps: config.numTrainTimesteps ?? 1000,
        timestepSpacing: config.timestepSpacing ?? "leading",
        stepsOffset: config.stepsOffset ?? 0,
      },
      numInferenceSteps,
    )
      .toReversed()
      .slice(skippedSteps);
    this.#alphas.expectCovers(this.timesteps);
    if (this.#predictionType === "epsilon" && !isBounded(this.#bounds)) {
      this.#alphas.expectSignal(NAME, this.timesteps);
    }
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  /** Formula (7) of the paper, and its variance β̃ or β; float32 after every operation. */
  step(modelOutput: Latents, timestep: number, sample: Latents, source: NoiseSource): Latents {
    const round = Math.fround;
    const alpha = this.#alphas.at(timestep);
    this.#callsDone += 1;
    const previousAlpha = this.#alphas.before(this.timesteps[this.#callsDone] ?? -1);
    const beta = round(1 - alpha);
    const previousBeta = round(1 - previousAlpha);
    const stepAlpha = round(alpha / previousAlpha);
    const stepBeta = round(1 - stepAlpha);
    const root = { alpha: round(Math.sqrt(alpha)), sigma: round(Math.sqrt(beta)) };
    const original = predictedOriginal(this.#predictionType, modelOutput.data, sample.data, root);
    const mean = weightedSum([
      [round(round(round(Math.sqrt(previousAlpha)) * stepBeta) / beta), boundSample(original, this.#bounds)],
      [round(round(round(Math.sqrt(stepAlpha)) * previousBeta) / beta), sample.data],
    ]);
    if (timestep <= 0) return tensor(sample.shape, mean);
    const small = Math.max(round(round(previousBeta / beta) * stepBeta), round(MIN_VARIANCE));
    const noise = source.randn(mean.length);
    return tensor(
      sample.shape,
      weightedSum([
        [1, mean],
        [deviation(this.#varianceType, small, stepBeta), noise],
      ]),
    );
  }

  addNoise(original: Latents, noise: Latents, timestep: number): Latents {
    return this.#alphas.addNoise(original, noise, timestep);
  }
}

function servedVariance(varianceType: VarianceType): ServedVariance {
  switch (varianceType) {
    case "fixed_small":
    case "fixed_small_log":
    case "fixed_large":
      return varianceType;
    case "fixed_large_log":
      throw refusal(NAME, 'makes no numbers of variance_type "fixed_large_log"');
    case "learned":
    case "learned_range":
      throw refusal(NAME, `needs a model that predicts its variance for variance_type "${varianceType}"`);
    default: {
      varianceType satisfies never;
      throw new Error(`unreachable: variance type ${String(varianceType)}`);
    }
  }
}

/** Standard deviation of the noise added, from the small variance β̃ and the large one β. */
function deviation(varianceType: ServedVariance, small: number, large: number): number {
  const round = Math.fround;
  switch (varianceType) {
    case "fixed_small":
      return round(Math.sqrt(small));
    case "fixed_small_log":
      return round(Math.exp(round(0.5 * round(Math.log(small)))));
    case "fixed_large":
      return round(Math.sqrt(large));
    default: {
      varianceType satisfies never;
      throw new Error(`unreachable: variance type ${String(varianceType)}`);
    }
  }
}

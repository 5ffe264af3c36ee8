/**
 * @file Multistep consistency sampling of latent consistency models (Luo et al. 2023). Knows its own defaults; the
 * inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `LCMScheduler` (schedulers/scheduling_lcm.py), call for call. It has a spacing of its own, over the
 * schedule that the model was distilled on, and reads neither `timestep_spacing` nor `steps_offset`.
 */
import { InpaintError } from "../../../errors/inpaint-error.js";
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
} from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import { boundSample, isBounded, type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { type VarianceDefaults, varianceSchedule } from "../variance-schedule.js";
import { AlphaTable } from "./alpha-table.js";

const NAME = "LCM";
const DEFAULTS: VarianceDefaults = { betaStart: 0.00085, betaEnd: 0.012, betaSchedule: "scaled_linear" };
/** Of the data, in the boundary condition; the reference's. */
const SIGMA_DATA = 0.5;

export class LcmScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #alphas: AlphaTable;
  readonly #predictionType: PredictionType;
  readonly #timestepScaling: number;
  readonly #bounds: SampleBounds;
  #callsDone = 0;

  /**
   * Throws InpaintError INVALID_INPUT for more steps than the model was distilled on, INVALID_CHECKPOINT for a beta
   * schedule that the class does not have and for a first timestep at which epsilon says nothing of the image.
   */
  constructor(config: SchedulerConfig, { numInferenceSteps, skippedSteps }: SchedulePlan) {
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#timestepScaling = Math.fround(config.timestepScaling ?? 10);
    this.#bounds = sampleBounds(config, false);
    this.#alphas = new AlphaTable({
      ...varianceSchedule(NAME, config, DEFAULTS),
      setAlphaToOne: config.setAlphaToOne ?? true,
    });
    this.timesteps = distilledTimesteps(config, numInferenceSteps).slice(skippedSteps);
    this.#alphas.expectCovers(this.timesteps);
    if (this.#predictionType === "epsilon" && !isBounded(this.#bounds)) {
      this.#alphas.expectSignal(NAME, this.timesteps);
    }
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  /** Algorithm 3 of the paper: back to the clean sample, and up again with fresh noise; float32 throughout. */
  step(modelOutput: Latents, timestep: number, sample: Latents, source: NoiseSource): Latents {
    const round = Math.fround;
    const alpha = this.#alphas.at(timestep);
    const root = { alpha: round(Math.sqrt(alpha)), sigma: round(Math.sqrt(round(1 - alpha))) };
    const original = predictedOriginal(this.#predictionType, modelOutput.data, sample.data, root);
    const scaled = round(timestep * this.#timestepScaling);
    const square = round(round(scaled * scaled) + SIGMA_DATA ** 2);
    const denoised = weightedSum([
      [scaled / round(Math.sqrt(square)), boundSample(original, this.#bounds)],
      [SIGMA_DATA ** 2 / square, sample.data],
    ]);
    this.#callsDone += 1;
    const next = this.timesteps[this.#callsDone];
    if (next === undefined) return tensor(sample.shape, denoised);
    const noise = source.randn(denoised.length);
    return this.#alphas.addNoise(tensor(sample.shape, denoised), tensor(sample.shape, noise), next);
  }

  addNoise(original: Latents, noise: Latents, timestep: number): Latents {
    return this.#alphas.addNoise(original, noise, timestep);
  }
}

/** n of the timesteps that the model was distilled on, falling from the last, as evenly as their number allows. */
function distilledTimesteps(config: SchedulerConfig, numInferenceSteps: number): number[] {
  const numTrainTimesteps = config.numTrainTimesteps ?? 1000;
  const distilledSteps = config.originalInferenceSteps ?? 50;
  if (distilledSteps > numTrainTimesteps) {
    throw refusal(
      NAME,
      `has original_inference_steps ${distilledSteps} of num_train_timesteps ${numTrainTimesteps}`,
    );
  }
  if (numInferenceSteps > distilledSteps) {
    throw new InpaintError(
      "INVALID_INPUT",
      `num_inference_steps is ${numInferenceSteps}, but scheduler ${NAME} takes at most the ${distilledSteps} of ` +
        "original_inference_steps",
    );
  }
  const stride = Math.floor(numTrainTimesteps / distilledSteps);
  const step = distilledSteps / numInferenceSteps;
  return Array.from(
    { length: numInferenceSteps },
    (_, i) => (distilledSteps - Math.floor(i * step)) * stride - 1,
  );
}

/**
 * @file Euler's method with ancestral sampling: every step goes further down than it ends, and adds noise. Knows its own
 * defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `EulerAncestralDiscreteScheduler` (schedulers/scheduling_euler_ancestral_discrete.py), call for
 * call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import type {
  NoiseScheduler,
  NoiseSource,
  PredictionType,
  SchedulePlan,
  SchedulerConfig,
} from "../noise-scheduler.js";
import { expectNoSamplePrediction } from "../refusal.js";
import { type AncestralSigmas, ancestralSigmas } from "./ancestral-sigmas.js";
import {
  derivativeAtSigma,
  noiseToSigma,
  originalAtSigma,
  scaleToUnit,
  stepAlong,
} from "./k-diffusion-sample.js";
import { kDiffusionSchedule } from "./k-diffusion-schedule.js";

const NAME = "EulerAncestralDiscrete";

export class EulerAncestralDiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #sigmas: Float32Array;
  readonly #steps: readonly AncestralSigmas[];
  /** Of the step to be made, in the whole schedule. */
  #index: number;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = expectNoSamplePrediction(NAME, config.predictionType ?? "epsilon");
    const { timesteps, sigmas, initNoiseSigma } = kDiffusionSchedule(config, plan, {
      name: NAME,
      hasSigmaSchedules: false,
      limitsKarrasSigmas: false,
      hasEulerOptions: false,
    });
    this.timesteps = timesteps.slice(plan.skippedSteps);
    this.initNoiseSigma = initNoiseSigma;
    this.#sigmas = sigmas;
    this.#steps = ancestralSigmas(NAME, sigmas);
    this.#index = plan.skippedSteps;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#sigma());
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents, source: NoiseSource): Latents {
    const sigma = this.#sigma();
    const { up = 0, down = 0 } = this.#steps[this.#index] ?? {};
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sigma);
    const derivative = derivativeAtSigma(original, sample.data, sigma);
    const data = stepAlong(sample.data, derivative, down - sigma);
    const noise = tensor<"B,4,h,w">(sample.shape, source.randn(data.length));
    this.#index += 1;
    return noiseToSigma(tensor(sample.shape, data), noise, up);
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#sigma());
  }

  #sigma(): number {
    return this.#sigmas[this.#index] ?? Number.NaN;
  }
}

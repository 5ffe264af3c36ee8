/**
 * @file Euler's method over sigmas (Karras et al. 2022, algorithm 2). Knows its own defaults; the inpaint pipeline's are
 * in create-scheduler.ts.
 *
 * Matches: diffusers `EulerDiscreteScheduler` (schedulers/scheduling_euler_discrete.py), call for call.
 *
 * Left out, on purpose: `s_churn` and its kin, with which alone it would draw noise (the inpaint pipeline has no way to
 * ask for it)
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import {
  derivativeAtSigma,
  noiseToSigma,
  originalAtSigma,
  scaleToUnit,
  stepAlong,
} from "./k-diffusion-sample.js";
import { kDiffusionSchedule } from "./k-diffusion-schedule.js";

export class EulerDiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #sigmas: Float32Array;
  /** Of the step to be made, in the whole schedule. */
  #index: number;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = config.predictionType ?? "epsilon";
    const { timesteps, sigmas, initNoiseSigma } = kDiffusionSchedule(config, plan, {
      name: "EulerDiscrete",
      hasSigmaSchedules: true,
      limitsKarrasSigmas: true,
      hasEulerOptions: true,
    });
    const isContinuous = config.timestepType === "continuous" && this.#predictionType === "v_prediction";
    this.timesteps = (isContinuous ? Array.from(sigmas.subarray(0, -1), continuousTimestep) : timesteps)
      .map(Math.fround)
      .slice(plan.skippedSteps);
    this.initNoiseSigma = initNoiseSigma;
    this.#sigmas = sigmas;
    this.#index = plan.skippedSteps;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#sigma(0));
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents): Latents {
    const sigma = this.#sigma(0);
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sigma);
    const derivative = derivativeAtSigma(original, sample.data, sigma);
    const data = stepAlong(sample.data, derivative, this.#sigma(1) - sigma);
    this.#index += 1;
    return tensor(sample.shape, data);
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#sigma(0));
  }

  #sigma(offset: number): number {
    return this.#sigmas[this.#index + offset] ?? Number.NaN;
  }
}

/** ln(σ)/4, as EDM models are conditioned. */
function continuousTimestep(sigma: number): number {
  return 0.25 * Math.fround(Math.log(sigma));
}

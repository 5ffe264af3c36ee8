/**
 * @file DPM-Solver-2 with ancestral sampling: two calls a step, which goes further down than it ends and adds noise.
 * Knows its own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `KDPM2AncestralDiscreteScheduler` (schedulers/scheduling_k_dpm_2_ancestral_discrete.py), call for
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
import { kDpm2Schedule, midpointSigma } from "./k-dpm-2-schedule.js";
import type { TwoCallCursor } from "./two-call-cursor.js";

const NAME = "KDPM2AncestralDiscrete";

export class KDpm2AncestralDiscreteScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;

  readonly #predictionType: PredictionType;
  readonly #cursor: TwoCallCursor;
  readonly #steps: readonly AncestralSigmas[];
  /** The sample of the first of a step's two calls, until the second. */
  #stepSample: Float32Array | undefined;

  /** Throws InpaintError INVALID_CHECKPOINT for what the reference's class refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    this.#predictionType = expectNoSamplePrediction(NAME, config.predictionType ?? "epsilon");
    let steps: readonly AncestralSigmas[] = [];
    const { timesteps, initNoiseSigma, cursor } = kDpm2Schedule(NAME, config, plan, (sigmas) => {
      steps = ancestralSigmas(NAME, sigmas);
      return steps.map(({ down }, i) => midpointSigma(sigmas[i] ?? Number.NaN, down));
    });
    this.#steps = steps;
    this.timesteps = timesteps;
    this.initNoiseSigma = initNoiseSigma;
    this.#cursor = cursor;
  }

  scaleModelInput(sample: Latents): Latents {
    return scaleToUnit(sample, this.#cursor.sampleSigma);
  }

  /** Noise is drawn by the second call of a step; the last step has none. */
  step(modelOutput: Latents, _timestep: number, sample: Latents, source: NoiseSource): Latents {
    const { from, step, sampleSigma, secondSigma } = this.#cursor;
    const original = originalAtSigma(this.#predictionType, modelOutput.data, sample.data, sampleSigma);
    const derivative = derivativeAtSigma(original, sample.data, sampleSigma);
    const { up = 0, down = 0 } = this.#steps[step] ?? {};
    const begun = this.#stepSample;
    const end = begun ? down : secondSigma;
    const moved: Latents = tensor(sample.shape, stepAlong(begun ?? sample.data, derivative, end - from));
    this.#stepSample = begun ? undefined : sample.data;
    this.#cursor.advance();
    if (!begun) return moved;
    return noiseToSigma(moved, tensor(sample.shape, source.randn(sample.data.length)), up);
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseToSigma(original, noise, this.#cursor.reached);
  }
}

/**
 * @file Diffusion exponential integrator sampler, log-rho multistep form (Zhang & Chen 2023). Knows its own defaults;
 * the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `DEISMultistepScheduler` (schedulers/scheduling_deis_multistep.py), call for call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { quotient, type Term, weightedSum } from "../latent-arithmetic.js";
import { noiseFromOriginal, predictedOriginal } from "../model-prediction.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import { boundSample, type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { deisSecondOrder, deisThirdOrder } from "./deis-coefficients.js";
import { dpmUpdate } from "./dpm-update.js";
import { type MultistepOrderOptions, multistepOrder } from "./multistep-order.js";
import { type NoiseLevel, noiseTo } from "./noise-level.js";
import { OutputHistory } from "./output-history.js";
import { ScheduleCursor } from "./schedule-cursor.js";
import { solverSchedule } from "./solver-schedule.js";

const NAME = "DEISMultistep";

export class DeisMultistepScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #predictionType: PredictionType;
  readonly #bounds: SampleBounds;
  readonly #orders: MultistepOrderOptions;
  readonly #cursor: ScheduleCursor;
  readonly #history: OutputHistory;

  /** Throws InpaintError INVALID_CHECKPOINT, by name, for what the reference refuses. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    if (config.algorithmType?.startsWith("sde-")) {
      throw refusal(NAME, `has no algorithm_type "${config.algorithmType}"`);
    }
    const solverOrder = config.solverOrder ?? 2;
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#bounds = sampleBounds({ ...config, clipSample: false }, false);
    this.#cursor = new ScheduleCursor(
      solverSchedule(config, plan, {
        name: NAME,
        hasTimestepSpacing: true,
        clipsLambda: false,
        hasLuLambdas: false,
        cutsCosineTimesteps: false,
        repeatsLastSigma: true,
        finalSigmasType: "sigma_min",
      }),
      plan.skippedSteps,
    );
    this.timesteps = this.#cursor.timestepsLeft;
    this.#orders = {
      solverOrder,
      lowerOrderFinal: config.lowerOrderFinal ?? true,
      isLastFirstOrder: false,
      stepCount: this.#cursor.stepCount,
    };
    this.#history = new OutputHistory(solverOrder);
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseTo(this.#cursor.level(0), original, noise);
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents): Latents {
    const from = this.#cursor.level(0);
    const to = this.#cursor.level(1);
    const original = predictedOriginal(this.#predictionType, modelOutput.data, sample.data, from);
    this.#history.push(noiseFromOriginal(boundSample(original, this.#bounds), sample.data, from));
    const order = multistepOrder(this.#orders, this.#cursor.index, this.#cursor.stepsTaken + 1);
    const data =
      order === 1
        ? // of first order both methods are DDIM
          dpmUpdate("dpmsolver", {
            from,
            to,
            sample: sample.data,
            output: this.#history.back(0),
            noise: undefined,
          })
        : this.#integrate(order, from, to, sample.data);
    this.#cursor.advance();
    return tensor(sample.shape, data);
  }

  #integrate(order: number, from: NoiseLevel, to: NoiseLevel, sample: Float32Array): Float32Array {
    const [end, newest, middle] = [rho(to), rho(from), rho(this.#cursor.level(-1))];
    const factors =
      order === 2
        ? deisSecondOrder(end, newest, middle)
        : deisThirdOrder(end, newest, middle, rho(this.#cursor.level(-2)));
    const outputs = factors.map((factor, back): Term => [factor, this.#history.back(back)]);
    return weightedSum([[to.alpha, weightedSum([[1, quotient(sample, from.alpha)], ...outputs])]]);
  }
}

const rho = ({ alpha, sigma }: NoiseLevel) => Math.fround(sigma / alpha);

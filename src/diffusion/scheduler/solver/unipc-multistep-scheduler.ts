/**
 * @file UniPC: a multistep predictor whose sample is corrected once its own model output is known (Zhao et al. 2023).
 * Knows its own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `UniPCMultistepScheduler` (schedulers/scheduling_unipc_multistep.py), call for call.
 *
 * Left out, on purpose: `solver_p`, another scheduler as the predictor, which no config file can name.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { differenceQuotient, scaledDifference, type Term, weightedSum } from "../latent-arithmetic.js";
import { predictedNoise, predictedOriginal } from "../model-prediction.js";
import type { NoiseScheduler, PredictionType, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import { boundSample, type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { type NoiseLevel, noiseTo } from "./noise-level.js";
import { OutputHistory } from "./output-history.js";
import { ScheduleCursor } from "./schedule-cursor.js";
import { solverSchedule } from "./solver-schedule.js";
import { type UniPcCoefficients, unipcCoefficients } from "./unipc-coefficients.js";

const NAME = "UniPCMultistep";

export class UniPcMultistepScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #predictionType: PredictionType;
  readonly #predictsOriginal: boolean;
  readonly #solverType: "bh1" | "bh2";
  readonly #solverOrder: number;
  readonly #lowerOrderFinal: boolean;
  /** Indices, in the whole schedule, of steps whose result is not corrected. */
  readonly #uncorrected: ReadonlySet<number>;
  readonly #bounds: SampleBounds;
  readonly #cursor: ScheduleCursor;
  readonly #history: OutputHistory;
  /** The step before: the sample it began at and its order. */
  #previous: { readonly sample: Float32Array; readonly order: number } | undefined;

  /** Throws InpaintError INVALID_CHECKPOINT, by name, for what the reference refuses or makes infinite. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    if (config.hasSolverP) throw refusal(NAME, "does not take solver_p");
    if (config.useDynamicShifting) throw refusal(NAME, "does not take use_dynamic_shifting");
    this.#predictionType = config.predictionType ?? "epsilon";
    this.#predictsOriginal = config.predictX0 ?? true;
    // the other three are another class's, left in the file by a swap
    this.#solverType = config.solverType === "bh1" ? "bh1" : "bh2";
    this.#solverOrder = config.solverOrder ?? 2;
    this.#lowerOrderFinal = config.lowerOrderFinal ?? true;
    this.#uncorrected = new Set(config.disableCorrector);
    this.#bounds = sampleBounds({ ...config, clipSample: false }, false);
    this.#cursor = new ScheduleCursor(
      solverSchedule(config, plan, {
        name: NAME,
        hasTimestepSpacing: true,
        clipsLambda: false,
        hasLuLambdas: false,
        cutsCosineTimesteps: false,
        repeatsLastSigma: true,
        finalSigmasType: config.finalSigmasType ?? "zero",
      }),
      plan.skippedSteps,
    );
    this.timesteps = this.#cursor.timestepsLeft;
    if ((config.finalSigmasType ?? "zero") === "zero") this.#refuseInfiniteEnd();
    this.#history = new OutputHistory(this.#solverOrder);
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseTo(this.#cursor.level(0), original, noise);
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents): Latents {
    const output = this.#convert(modelOutput.data, sample.data, this.#cursor.level(0));
    const corrected = this.#correct(output, sample.data);
    this.#history.push(output);
    const order = this.#order();
    const factors = this.#coefficients(order, 0);
    const data = this.#combine(factors, corrected, order === 1 ? [] : factors.predictorWeights());
    this.#previous = { sample: corrected, order };
    this.#cursor.advance();
    return tensor(sample.shape, data);
  }

  /** A step to no noise at all is infinite in lambda, and only one that does not look back is finite in the sample. */
  #refuseInfiniteEnd(): void {
    const need = 'needs final_sigmas_type "sigma_min"';
    if (this.#solverType === "bh1") throw refusal(NAME, `${need} for solver_type "bh1"`);
    if (!this.#predictsOriginal) throw refusal(NAME, `${need} where predict_x0 is false`);
    const lastOrder = this.#lowerOrderFinal ? 1 : Math.min(this.#solverOrder, this.timesteps.length);
    if (lastOrder > 1) throw refusal(NAME, `${need} where lower_order_final is false`);
  }

  #convert(modelOutput: Float32Array, sample: Float32Array, level: NoiseLevel): Float32Array {
    return this.#predictsOriginal
      ? boundSample(predictedOriginal(this.#predictionType, modelOutput, sample, level), this.#bounds)
      : predictedNoise(this.#predictionType, modelOutput, sample, level);
  }

  #order(): number {
    const stepsLeft = this.#cursor.stepCount - this.#cursor.index;
    const highest = this.#lowerOrderFinal ? Math.min(this.#solverOrder, stepsLeft) : this.#solverOrder;
    return Math.min(highest, this.#cursor.stepsTaken + 1);
  }

  /** The step that led here, made again with the model output found here; `sample` itself where that is not done. */
  #correct(output: Float32Array, sample: Float32Array): Float32Array {
    if (!this.#previous || this.#uncorrected.has(this.#cursor.index - 1)) return sample;
    const factors = this.#coefficients(this.#previous.order, -1);
    return this.#combine(factors, this.#previous.sample, factors.correctorWeights(), output);
  }

  /** Of the step that begins `offset` levels from here. */
  #coefficients(order: number, offset: number): UniPcCoefficients {
    return unipcCoefficients({
      from: this.#cursor.level(offset),
      to: this.#cursor.level(offset + 1),
      earlier: Array.from({ length: order - 1 }, (_, i) => this.#cursor.level(offset - 1 - i)),
      predictsOriginal: this.#predictsOriginal,
      solverType: this.#solverType,
    });
  }

  /** `reached` is the model output at the step's end, for the corrector. */
  #combine(
    factors: UniPcCoefficients,
    sample: Float32Array,
    weights: readonly number[],
    reached?: Float32Array,
  ): Float32Array {
    const newest = this.#history.back(0);
    const differences = factors.reaches.map(
      (reach, i): Term => [
        weights[i] ?? Number.NaN,
        differenceQuotient(this.#history.back(i + 1), newest, reach),
      ],
    );
    if (reached) differences.push([weights.at(-1) ?? Number.NaN, scaledDifference(1, reached, newest)]);
    const base: readonly Term[] = [
      [factors.sample, sample],
      [factors.output, newest],
    ];
    if (differences.length === 0) return weightedSum(base);
    return weightedSum([...base, [-factors.spread, weightedSum(differences)]]);
  }
}

/**
 * @file DPM-Solver and DPM-Solver++ in their multistep forms, deterministic and stochastic (Lu et al. 2022). Knows its
 * own defaults; the inpaint pipeline's are in create-scheduler.ts.
 *
 * Matches: diffusers `DPMSolverMultistepScheduler` (schedulers/scheduling_dpmsolver_multistep.py), call for call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { scaledDifference, weightedSum } from "../latent-arithmetic.js";
import type { NoiseScheduler, NoiseSource, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import { type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { type DpmOptions, dpmOptions } from "./dpm-options.js";
import { type DpmStep, dpmModelOutput, dpmUpdate } from "./dpm-update.js";
import { type MultistepOrderOptions, multistepOrder } from "./multistep-order.js";
import { noiseTo } from "./noise-level.js";
import { OutputHistory } from "./output-history.js";
import { ScheduleCursor } from "./schedule-cursor.js";
import { solverSchedule } from "./solver-schedule.js";

const NAME = "DPMSolverMultistep";

export class DpmSolverMultistepScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #options: DpmOptions;
  readonly #bounds: SampleBounds;
  readonly #orders: MultistepOrderOptions;
  readonly #cursor: ScheduleCursor;
  readonly #history: OutputHistory;

  /** Throws InpaintError for what the reference refuses, INVALID_CHECKPOINT or INVALID_INPUT by whose choice it is. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    const options = dpmOptions(config, NAME, { lowerOrderFinal: true });
    this.#options = options;
    this.#bounds = sampleBounds({ ...config, clipSample: false }, false);
    this.#cursor = new ScheduleCursor(
      solverSchedule(config, plan, {
        name: NAME,
        hasTimestepSpacing: true,
        clipsLambda: true,
        hasLuLambdas: true,
        cutsCosineTimesteps: true,
        repeatsLastSigma: false,
        finalSigmasType: options.finalSigmasType,
      }),
      plan.skippedSteps,
    );
    this.timesteps = this.#cursor.timestepsLeft;
    this.#orders = {
      solverOrder: options.solverOrder,
      lowerOrderFinal: options.lowerOrderFinal,
      isLastFirstOrder: (config.eulerAtFinal ?? false) || options.finalSigmasType === "zero",
      stepCount: this.#cursor.stepCount,
    };
    this.#history = new OutputHistory(options.solverOrder);
    const orders = this.timesteps.map((_, i) => multistepOrder(this.#orders, plan.skippedSteps + i, i + 1));
    if (options.algorithm === "sde-dpmsolver" && orders.includes(3)) {
      throw refusal(NAME, 'has no algorithm_type "sde-dpmsolver" of solver_order 3');
    }
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseTo(this.#cursor.level(0), original, noise);
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents, source: NoiseSource): Latents {
    const from = this.#cursor.level(0);
    const to = this.#cursor.level(1);
    this.#history.push(dpmModelOutput(this.#options, this.#bounds, modelOutput.data, sample.data, from));
    const noise = this.#options.isStochastic ? source.randn(sample.data.length) : undefined;
    const order = multistepOrder(this.#orders, this.#cursor.index, this.#cursor.stepsTaken + 1);
    const first: DpmStep = { from, to, sample: sample.data, output: this.#history.back(0), noise };
    const data = dpmUpdate(this.#options.algorithm, order === 1 ? first : this.#higherOrder(first, order));
    this.#cursor.advance();
    return tensor(sample.shape, data);
  }

  /** Differences of the last two or three outputs, divided by theirs of lambda in units of the step's. */
  #higherOrder(step: DpmStep, order: number): DpmStep {
    const round = Math.fround;
    const lambda = step.from.lambda;
    const h = round(step.to.lambda - lambda);
    const [m0, m1] = [this.#history.back(0), this.#history.back(1)];
    const previous = this.#cursor.level(-1).lambda;
    const r0 = round(round(lambda - previous) / h);
    const newer = scaledDifference(1 / r0, m0, m1);
    if (order === 2) {
      const rule = this.#options.solverType === "midpoint" ? "midpoint" : "taylor";
      return { ...step, slope: { rule, values: newer } };
    }
    const r1 = round(round(previous - this.#cursor.level(-2).lambda) / h);
    const older = scaledDifference(1 / r1, m1, this.#history.back(2));
    const reach = round(r0 + r1);
    const bend = scaledDifference(1, newer, older);
    const slope = weightedSum([
      [1, newer],
      [r0 / reach, bend],
    ]);
    return { ...step, slope: { rule: "taylor", values: slope }, curvature: weightedSum([[1 / reach, bend]]) };
  }
}

/**
 * @file DPM-Solver and DPM-Solver++ in their singlestep forms (Lu et al. 2022): steps in groups of up to three, each
 * group starting from the sample at its beginning. Knows its own defaults; the inpaint pipeline's are in
 * create-scheduler.ts.
 *
 * Matches: diffusers `DPMSolverSinglestepScheduler` (schedulers/scheduling_dpmsolver_singlestep.py), call for call.
 */
import { tensor } from "../../../tensor/tensor.js";
import type { Latents } from "../../networks.js";
import { quotient, scaledDifference, weightedSum } from "../latent-arithmetic.js";
import type { NoiseScheduler, NoiseSource, SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import { type SampleBounds, sampleBounds } from "../threshold-sample.js";
import { type DpmOptions, dpmOptions } from "./dpm-options.js";
import { type DpmStep, dpmModelOutput, dpmUpdate } from "./dpm-update.js";
import { noiseTo } from "./noise-level.js";
import { OutputHistory } from "./output-history.js";
import { ScheduleCursor } from "./schedule-cursor.js";
import { singlestepOrders } from "./singlestep-orders.js";
import { solverSchedule } from "./solver-schedule.js";

const NAME = "DPMSolverSinglestep";

export class DpmSolverSinglestepScheduler implements NoiseScheduler {
  readonly timesteps: readonly number[];
  readonly initNoiseSigma = 1;

  readonly #options: DpmOptions;
  readonly #bounds: SampleBounds;
  /** One per step of the whole schedule. */
  readonly #orders: readonly number[];
  readonly #cursor: ScheduleCursor;
  readonly #history: OutputHistory;
  /** The sample at the beginning of the group of steps under way. */
  #groupSample: Float32Array = new Float32Array(0);

  /** Throws InpaintError INVALID_CHECKPOINT, by name, for what the reference refuses or cannot compute. */
  constructor(config: SchedulerConfig, plan: SchedulePlan) {
    const options = dpmOptions(config, NAME, { lowerOrderFinal: false });
    if (options.algorithm === "sde-dpmsolver") throw refusal(NAME, 'has no algorithm_type "sde-dpmsolver"');
    if (options.solverOrder > 3) throw refusal(NAME, `has solver_order 1 to 3, not ${options.solverOrder}`);
    if (options.algorithm === "dpmsolver" && config.thresholding) {
      throw refusal(NAME, 'does not take thresholding with algorithm_type "dpmsolver"');
    }
    this.#options = options;
    this.#bounds = sampleBounds({ ...config, clipSample: false }, false);
    this.#cursor = new ScheduleCursor(
      solverSchedule(config, plan, {
        name: NAME,
        hasTimestepSpacing: false,
        clipsLambda: true,
        hasLuLambdas: false,
        cutsCosineTimesteps: false,
        repeatsLastSigma: false,
        finalSigmasType: options.finalSigmasType,
      }),
      plan.skippedSteps,
    );
    this.timesteps = this.#cursor.timestepsLeft;
    this.#orders = singlestepOrders({
      solverOrder: options.solverOrder,
      lowerOrderFinal: options.lowerOrderFinal,
      endsWithoutNoise: options.finalSigmasType === "zero",
      stepCount: plan.numInferenceSteps,
    });
    this.#history = new OutputHistory(options.solverOrder);
  }

  scaleModelInput(sample: Latents): Latents {
    return sample;
  }

  addNoise(original: Latents, noise: Latents): Latents {
    return noiseTo(this.#cursor.level(0), original, noise);
  }

  step(modelOutput: Latents, _timestep: number, sample: Latents, source: NoiseSource): Latents {
    const level = this.#cursor.level(0);
    this.#history.push(dpmModelOutput(this.#options, this.#bounds, modelOutput.data, sample.data, level));
    const noise = this.#options.isStochastic ? source.randn(sample.data.length) : undefined;
    // A strength below 1 can begin inside a group: its first step is then one of first order.
    const order = Math.min(this.#orders[this.#cursor.index] ?? 1, this.#history.length);
    if (order === 1) this.#groupSample = sample.data;
    const data = dpmUpdate(this.#options.algorithm, {
      ...this.#differences(order),
      from: this.#cursor.level(1 - order),
      to: this.#cursor.level(1),
      sample: this.#groupSample,
      output: this.#history.back(order - 1),
      noise,
    });
    this.#cursor.advance();
    return tensor(sample.shape, data);
  }

  /** Differences to the group's first output, divided by theirs of lambda in units of the whole group's. */
  #differences(order: number): Pick<DpmStep, "slope" | "curvature"> {
    if (order === 1) return {};
    const round = Math.fround;
    const start = this.#cursor.level(1 - order).lambda;
    const h = round(this.#cursor.level(1).lambda - start);
    const first = this.#history.back(order - 1);
    const share = (offset: number) => round(round(this.#cursor.level(offset).lambda - start) / h);
    const r0 = share(0);
    const far = scaledDifference(1 / r0, this.#history.back(0), first);
    const isMidpoint = this.#options.solverType === "midpoint";
    if (order === 2) return { slope: { rule: isMidpoint ? "midpoint" : "taylor", values: far } };
    if (isMidpoint) return { slope: { rule: "taylor", values: far } };
    const r1 = share(-1);
    const near = scaledDifference(1 / r1, this.#history.back(1), first);
    const gap = round(r0 - r1);
    const slope = quotient(
      weightedSum([
        [r0, near],
        [-r1, far],
      ]),
      gap,
    );
    return {
      slope: { rule: "taylor", values: slope },
      curvature: quotient(scaledDifference(2, far, near), gap),
    };
  }
}

/**
 * @file Chooses the scheduler class and settles its config. Knows what the inpaint pipeline forces and what a swap
 * of schedulers keeps; knows no step.
 *
 * Matches: `StableDiffusionInpaintPipeline.__init__`, which sets `steps_offset` 1 and `skip_prk_steps` true on the
 * checkpoint's scheduler, and `pipeline.scheduler = Other.from_config(pipeline.scheduler.config)`, which carries
 * over keys that the file has (with what was forced on them) and gives all others the new class's default.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import { SCHEDULER_NAMES, type SchedulerName } from "../inpaint-job.js";
import { DdimScheduler } from "./alpha/ddim-scheduler.js";
import { DdpmScheduler } from "./alpha/ddpm-scheduler.js";
import { LcmScheduler } from "./alpha/lcm-scheduler.js";
import { PndmScheduler } from "./alpha/pndm-scheduler.js";
import { EulerAncestralDiscreteScheduler } from "./k-diffusion/euler-ancestral-discrete-scheduler.js";
import { EulerDiscreteScheduler } from "./k-diffusion/euler-discrete-scheduler.js";
import { HeunDiscreteScheduler } from "./k-diffusion/heun-discrete-scheduler.js";
import { KDpm2AncestralDiscreteScheduler } from "./k-diffusion/k-dpm-2-ancestral-discrete-scheduler.js";
import { KDpm2DiscreteScheduler } from "./k-diffusion/k-dpm-2-discrete-scheduler.js";
import { LmsDiscreteScheduler } from "./k-diffusion/lms-discrete-scheduler.js";
import type { NoiseScheduler, SchedulePlan, SchedulerConfig } from "./noise-scheduler.js";
import { DeisMultistepScheduler } from "./solver/deis-multistep-scheduler.js";
import { DpmSolverMultistepScheduler } from "./solver/dpm-solver-multistep-scheduler.js";
import { DpmSolverSinglestepScheduler } from "./solver/dpm-solver-singlestep-scheduler.js";
import { UniPcMultistepScheduler } from "./solver/unipc-multistep-scheduler.js";

type SchedulerClass = new (config: SchedulerConfig, plan: SchedulePlan) => NoiseScheduler;

const CLASSES: Record<SchedulerName, SchedulerClass> = {
  PNDM: PndmScheduler,
  DDIM: DdimScheduler,
  DDPM: DdpmScheduler,
  LCM: LcmScheduler,
  LMSDiscrete: LmsDiscreteScheduler,
  EulerDiscrete: EulerDiscreteScheduler,
  EulerAncestralDiscrete: EulerAncestralDiscreteScheduler,
  HeunDiscrete: HeunDiscreteScheduler,
  KDPM2Discrete: KDpm2DiscreteScheduler,
  KDPM2AncestralDiscrete: KDpm2AncestralDiscreteScheduler,
  DPMSolverMultistep: DpmSolverMultistepScheduler,
  DPMSolverSinglestep: DpmSolverSinglestepScheduler,
  UniPCMultistep: UniPcMultistepScheduler,
  DEISMultistep: DeisMultistepScheduler,
};

export interface ScheduleOptions {
  readonly numInferenceSteps: number;
  /** 0 … 1, the share of the schedule that is run. */
  readonly strength: number;
  /** DDIM's η, 0 … 1; the other classes ignore it, as the reference does. */
  readonly eta: number;
  /** Absent: the checkpoint's own. Naming the checkpoint's own class is no swap. */
  readonly scheduler?: SchedulerName;
}

/**
 * A fresh schedule for one job. Throws InpaintError INVALID_CHECKPOINT when the checkpoint's own class is not served
 * and none is named, or when its config asks for what the class cannot do here; INVALID_INPUT when the number of
 * steps, the strength or the scheduler named does not fit the checkpoint.
 */
export function createScheduler(config: SchedulerConfig, options: ScheduleOptions): NoiseScheduler {
  const { numInferenceSteps, eta } = options;
  if (!Number.isSafeInteger(numInferenceSteps) || numInferenceSteps < 1) {
    throw new InpaintError("INVALID_INPUT", `num_inference_steps is at least 1, not ${numInferenceSteps}`);
  }
  const numTrainTimesteps = config.numTrainTimesteps ?? 1000;
  if (numInferenceSteps > numTrainTimesteps) {
    throw new InpaintError(
      "INVALID_INPUT",
      `num_inference_steps is ${numInferenceSteps}, but the model was trained on ${numTrainTimesteps} timesteps`,
    );
  }
  const own = SCHEDULER_NAMES.find((name) => config.className === `${name}Scheduler`);
  const name = options.scheduler ?? own;
  if (name === undefined) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `the checkpoint's scheduler is "${config.className}", which is not one of ${SCHEDULER_NAMES.join(", ")}; ` +
        "name one of these to use it instead",
    );
  }
  const SchedulerClass = CLASSES[name];
  const plan = { numInferenceSteps, skippedSteps: skippedSteps(options), eta };
  if (name === own) return new SchedulerClass(forced(config), plan);
  try {
    return new SchedulerClass(swapped(config), plan);
  } catch (error) {
    // what does not fit the config of another class is the fault of whoever chose the class
    if (!(error instanceof InpaintError)) throw error;
    throw new InpaintError("INVALID_INPUT", error.message, { cause: error });
  }
}

/** `get_timesteps` of the inpaint pipeline, and its check that a step is left. */
function skippedSteps({ numInferenceSteps, strength }: ScheduleOptions): number {
  if (!(strength >= 0 && strength <= 1)) {
    throw new InpaintError("INVALID_INPUT", `strength is from 0 to 1, not ${strength}`);
  }
  const stepsLeft = Math.trunc(numInferenceSteps * strength);
  if (stepsLeft < 1) {
    throw new InpaintError(
      "INVALID_INPUT",
      `strength ${strength} of num_inference_steps ${numInferenceSteps} leaves fewer than one step`,
    );
  }
  return numInferenceSteps - stepsLeft;
}

function forced(config: SchedulerConfig): SchedulerConfig {
  return { ...config, stepsOffset: 1, skipPrkSteps: true };
}

/**
 * A key that was forced although the file lacks it counts as a default, and defaults are left behind. All others are
 * kept, even those that the new class's constructor does not list: it finds `sigma_min` and `sigma_max` among them.
 */
function swapped(config: SchedulerConfig): SchedulerConfig {
  return {
    ...config,
    stepsOffset: config.stepsOffset === undefined ? undefined : 1,
    skipPrkSteps: config.skipPrkSteps === undefined ? undefined : true,
  };
}

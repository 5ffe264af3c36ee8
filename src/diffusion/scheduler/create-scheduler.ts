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
import { DdimScheduler } from "./ddim-scheduler.js";
import type { NoiseScheduler, SchedulerConfig } from "./noise-scheduler.js";
import { PndmScheduler } from "./pndm-scheduler.js";

type SchedulerFactory = (config: SchedulerConfig, numInferenceSteps: number) => NoiseScheduler;

const FACTORIES = {
  PNDM: (config, numInferenceSteps) => new PndmScheduler(config, numInferenceSteps),
  DDIM: (config, numInferenceSteps) => new DdimScheduler(config, numInferenceSteps),
} as const satisfies Record<SchedulerName, SchedulerFactory>;

export interface ScheduleOptions {
  readonly numInferenceSteps: number;
  /** Absent: the checkpoint's own. Naming the checkpoint's own class is no swap. */
  readonly scheduler?: SchedulerName;
}

/**
 * A fresh schedule for one job. Throws InpaintError INVALID_CHECKPOINT when the checkpoint's own class is not served
 * and none is named, or when its config asks for what the class cannot do here; INVALID_INPUT when the number of
 * steps or the scheduler named does not fit the checkpoint.
 */
export function createScheduler(config: SchedulerConfig, options: ScheduleOptions): NoiseScheduler {
  const { numInferenceSteps } = options;
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
  return FACTORIES[name](name === own ? forced(config) : swapped(config), numInferenceSteps);
}

function forced(config: SchedulerConfig): SchedulerConfig {
  return { ...config, stepsOffset: 1, skipPrkSteps: true };
}

/** A key that was forced although the file lacks it counts as a default, and defaults are left behind. */
function swapped(config: SchedulerConfig): SchedulerConfig {
  return {
    ...config,
    stepsOffset: config.stepsOffset === undefined ? undefined : 1,
    skipPrkSteps: config.skipPrkSteps === undefined ? undefined : true,
  };
}

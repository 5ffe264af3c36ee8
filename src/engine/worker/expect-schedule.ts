/** @file Whether jobs that name no scheduler and no steps can run on a checkpoint. Knows the schedule, no network. */
import { createScheduler } from "../../diffusion/scheduler/create-scheduler.js";
import type { SchedulerConfig } from "../../diffusion/scheduler/noise-scheduler.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { ModelOptions } from "../protocol.js";

/** Throws INVALID_CHECKPOINT when a job that names no scheduler and no steps could never run. */
export function expectSchedule(
  schedulerConfig: SchedulerConfig,
  { modelDir, defaultSchedule }: Pick<ModelOptions, "modelDir" | "defaultSchedule">,
): void {
  try {
    createScheduler(schedulerConfig, defaultSchedule);
  } catch (error) {
    if (!(error instanceof InpaintError)) throw error;
    throw new InpaintError("INVALID_CHECKPOINT", `${modelDir}: ${error.message}`, { cause: error });
  }
}

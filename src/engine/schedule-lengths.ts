/**
 * @file How many UNet calls a schedule makes, remembered: to know it the whole schedule is made, and a request asks for
 * each of its rows on the thread that answers everybody. Knows schedules; knows no job.
 */
import { LRUCache } from "lru-cache";
import { createScheduler, type ScheduleOptions } from "../diffusion/scheduler/create-scheduler.js";
import type { SchedulerConfig } from "../diffusion/scheduler/noise-scheduler.js";
import { InpaintError } from "../errors/inpaint-error.js";

/** Requests repeat a few schedules. As many take some 200 kB. */
export const MAX_SCHEDULES = 1000;

export class ScheduleLengths {
  #config: SchedulerConfig | undefined;
  readonly #known = new LRUCache<string, number | InpaintError>({ max: MAX_SCHEDULES });

  /** UNet calls, or why `config` has no such schedule. What is known of another `config` is forgotten. */
  unetCalls(config: SchedulerConfig, options: ScheduleOptions): number | InpaintError {
    if (config !== this.#config) {
      this.#known.clear();
      this.#config = config;
    }
    const { scheduler = "", numInferenceSteps, strength, eta } = options;
    const key = [scheduler, numInferenceSteps, strength, eta].join();
    const known = this.#known.get(key) ?? scheduleLength(config, options);
    this.#known.set(key, known);
    return known;
  }
}

function scheduleLength(config: SchedulerConfig, options: ScheduleOptions): number | InpaintError {
  try {
    return createScheduler(config, options).timesteps.length;
  } catch (error) {
    if (error instanceof InpaintError) return error;
    throw error;
  }
}

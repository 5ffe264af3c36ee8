/**
 * @file The noise level of every training timestep as a sigma: standard deviation of noise over signal. Knows no
 * schedule.
 *
 * Matches: the constructors of diffusers' schedulers that step by sigmas, in float32.
 */
import type { SchedulerName } from "../inpaint-job.js";
import { alphasCumprod } from "./alphas-cumprod.js";
import type { SchedulerConfig } from "./noise-scheduler.js";
import { refusal } from "./refusal.js";
import { type VarianceDefaults, varianceSchedule } from "./variance-schedule.js";

/** With zero terminal SNR there would be no signal at all; keeps the first sigma finite. */
const LAST_RESCALED_ALPHA = 2 ** -24;

/** ((1 − ᾱ) / ᾱ)^½ of every training timestep, rising. Throws InpaintError INVALID_CHECKPOINT when one is infinite. */
export function trainingSigmas(
  name: SchedulerName,
  config: SchedulerConfig,
  defaults?: VarianceDefaults,
): Float32Array {
  const schedule = varianceSchedule(name, config, defaults);
  const alphas = alphasCumprod(schedule);
  if (schedule.rescaleBetasZeroSnr) alphas[alphas.length - 1] = LAST_RESCALED_ALPHA;
  const silent = alphas.indexOf(0);
  if (silent !== -1) {
    throw refusal(name, `steps by sigmas, and the config's betas leave no signal at timestep ${silent}`);
  }
  return alphas.map((alpha) => Math.sqrt(Math.fround(Math.fround(1 - alpha) / alpha)));
}

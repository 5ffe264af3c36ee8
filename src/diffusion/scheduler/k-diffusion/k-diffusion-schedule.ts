/**
 * @file Timesteps and sigmas of the schedulers that come from k-diffusion: LMS, Euler, Heun, KDPM2 and their ancestral
 * forms. Knows what they have in common and what each may leave out; knows no step.
 *
 * Matches: the constructors and `set_timesteps` of diffusers `LMSDiscreteScheduler`, `EulerDiscreteScheduler`,
 * `EulerAncestralDiscreteScheduler`, `HeunDiscreteScheduler`, `KDPM2DiscreteScheduler` and
 * `KDPM2AncestralDiscreteScheduler`: float64 where numpy computes, float32 where it or torch stores float32.
 */
import type { SchedulerName } from "../../inpaint-job.js";
import type { SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import {
  betaSigmas,
  exponentialSigmas,
  karrasSigmas,
  logSigmaTable,
  sigmaToTimestep,
} from "../sigma-schedules.js";
import { spacedTimesteps } from "../spaced-timesteps.js";
import { trainingSigmas } from "../training-sigmas.js";
import type { VarianceDefaults } from "../variance-schedule.js";

/** Heun's and both KDPM2 classes' own, "sensible" in the reference's words, but for the beta schedule. */
export const SENSIBLE_DEFAULTS: VarianceDefaults = {
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: "linear",
};

/** What a class's constructor and `set_timesteps` have beyond, or short of, the others'. */
export interface KDiffusionRules {
  readonly name: SchedulerName;
  readonly defaults?: VarianceDefaults;
  /** Without them the sigmas are always those of the timesteps. */
  readonly hasSigmaSchedules: boolean;
  /** False where Karras sigmas always run between the ends of the schedule. */
  readonly limitsKarrasSigmas: boolean;
  /** Reads `interpolation_type` and `final_sigmas_type`. */
  readonly hasEulerOptions: boolean;
}

export interface KDiffusionSchedule {
  /** Falling, in double: a class rounds them as it stores them. One per step of the whole schedule. */
  readonly timesteps: readonly number[];
  /** The noise level at each timestep and, after the last, the one that its step leads to. */
  readonly sigmas: Float32Array;
  /** Table of log sigma of every training timestep. */
  readonly logSigmas: Float32Array;
  /** Standard deviation of the latents that the whole schedule starts from. */
  readonly initNoiseSigma: number;
}

/** Throws InpaintError INVALID_CHECKPOINT, by name and with its key, for what the reference's class refuses. */
export function kDiffusionSchedule(
  config: SchedulerConfig,
  { numInferenceSteps }: SchedulePlan,
  rules: KDiffusionRules,
): KDiffusionSchedule {
  const { name } = rules;
  const table = trainingSigmas(name, config, rules.defaults);
  const logSigmas = logSigmaTable(table);
  const timestepSpacing = config.timestepSpacing ?? "linspace";
  const spacing = {
    timestepSpacing,
    numTrainTimesteps: config.numTrainTimesteps ?? 1000,
    stepsOffset: config.stepsOffset ?? 0,
  };
  const spaced = spacedTimesteps(spacing, numInferenceSteps, Math.fround).toReversed();
  const interpolated =
    rules.hasEulerOptions && config.interpolationType === "log_linear"
      ? logLinearSigmas(logSigmas, numInferenceSteps)
      : spaced.map((timestep) => interpolate(table, timestep));
  const respaced = rules.hasSigmaSchedules
    ? respacedSigmas(config, rules, interpolated, numInferenceSteps)
    : undefined;
  const last = rules.hasEulerOptions && config.finalSigmasType === "sigma_min" ? (table[0] ?? 0) : 0;
  const sigmas = Float32Array.of(...(respaced ?? interpolated), last);
  if (!sigmas.subarray(0, -1).every((sigma) => sigma > 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw refusal(name, "needs sigmas above 0, and the config's betas, sigma_min or sigma_max give others");
  }
  return {
    timesteps: respaced ? Array.from(respaced, (sigma) => sigmaToTimestep(sigma, logSigmas)) : spaced,
    sigmas,
    logSigmas,
    initNoiseSigma: timestepSpacing === "leading" ? rootOfSquarePlusOne(max(sigmas)) : max(sigmas),
  };
}

/** The noise level of a sample with unit-variance signal: (σ² + 1)^½, in float32 after every operation. */
export function rootOfSquarePlusOne(sigma: number): number {
  return Math.fround(Math.sqrt(Math.fround(Math.fround(sigma * sigma) + 1)));
}

/** Undefined where the config leaves the sigmas to the timesteps. */
function respacedSigmas(
  config: SchedulerConfig,
  { name, limitsKarrasSigmas }: KDiffusionRules,
  interpolated: readonly number[],
  count: number,
): Float64Array | undefined {
  const { useKarrasSigmas, useExponentialSigmas, useBetaSigmas } = config;
  if ([useKarrasSigmas, useExponentialSigmas, useBetaSigmas].filter((use) => use).length > 1) {
    throw refusal(name, "takes only one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas");
  }
  const ends = { sigmaMin: interpolated.at(-1) ?? 0, sigmaMax: interpolated[0] ?? 0 };
  const range = { sigmaMin: config.sigmaMin ?? ends.sigmaMin, sigmaMax: config.sigmaMax ?? ends.sigmaMax };
  if (useKarrasSigmas) return karrasSigmas(limitsKarrasSigmas ? range : ends, count);
  if (useExponentialSigmas) return exponentialSigmas(range, count);
  return useBetaSigmas ? betaSigmas(range, count) : undefined;
}

/** `numpy.interp` over the table's indices, in double; beyond its ends it stays at them. */
function interpolate(table: Float32Array, timestep: number): number {
  const last = table.length - 1;
  const index = Math.min(Math.max(Math.floor(timestep), 0), last);
  const low = table[index] ?? 0;
  if (timestep <= index || index === last) return low;
  return ((table[index + 1] ?? 0) - low) * (timestep - index) + low;
}

/** One sigma more than steps, evenly in log σ between the ends of the table: the last step then ends at the least. */
function logLinearSigmas(logSigmas: Float32Array, numInferenceSteps: number): number[] {
  const first = logSigmas.at(-1) ?? 0;
  const last = logSigmas[0] ?? 0;
  const step = Math.fround(Math.fround(last - first) / numInferenceSteps);
  const middle = Math.floor((numInferenceSteps + 1) / 2);
  // torch.linspace counts up from the start in the first half, down from the end in the second
  return Array.from({ length: numInferenceSteps + 1 }, (_, i) =>
    Math.fround(Math.exp(Math.fround(i < middle ? first + step * i : last - step * (numInferenceSteps - i)))),
  );
}

const max = (values: Float32Array) => values.reduce((a, b) => Math.max(a, b), 0);

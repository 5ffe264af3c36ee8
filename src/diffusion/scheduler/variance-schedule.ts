/**
 * @file The variance schedule that a scheduler class makes of a checkpoint's config: its own defaults for what the file
 * lacks, and a refusal by name of what it has no formula for. Knows no step.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import type { SchedulerName } from "../inpaint-job.js";
import type { VarianceSchedule } from "./alphas-cumprod.js";
import type { BetaSchedule, SchedulerConfig } from "./noise-scheduler.js";

export interface VarianceDefaults {
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly betaSchedule: BetaSchedule;
}

/** Of all classes whose defaults are not Stable Diffusion's. */
const DDPM_DEFAULTS: VarianceDefaults = { betaStart: 0.0001, betaEnd: 0.02, betaSchedule: "linear" };

const COMMON_SCHEDULES: readonly BetaSchedule[] = ["linear", "scaled_linear", "squaredcos_cap_v2"];

/** Formulas that one class alone has. */
const OWN_SCHEDULES: Partial<Record<SchedulerName, readonly BetaSchedule[]>> = {
  DDPM: ["sigmoid", "laplace"],
  HeunDiscrete: ["exp"],
};

/** These constructors have no `rescale_betas_zero_snr`: in a config it means nothing to them. */
const WITHOUT_RESCALING: readonly SchedulerName[] = [
  "PNDM",
  "LMSDiscrete",
  "HeunDiscrete",
  "KDPM2Discrete",
  "KDPM2AncestralDiscrete",
  "DPMSolverSinglestep",
  "DEISMultistep",
];

/** Throws InpaintError INVALID_CHECKPOINT for a beta schedule that the class does not have. */
export function varianceSchedule(
  name: SchedulerName,
  config: SchedulerConfig,
  defaults: VarianceDefaults = DDPM_DEFAULTS,
): VarianceSchedule {
  const betaSchedule = config.betaSchedule ?? defaults.betaSchedule;
  const known = [...COMMON_SCHEDULES, ...(OWN_SCHEDULES[name] ?? [])];
  if (!config.trainedBetas && !known.includes(betaSchedule)) {
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `scheduler ${name} has no beta_schedule "${betaSchedule}", which the checkpoint's scheduler config asks for; ` +
        `it has ${known.join(", ")}`,
    );
  }
  return {
    numTrainTimesteps: config.numTrainTimesteps ?? 1000,
    betaStart: config.betaStart ?? defaults.betaStart,
    betaEnd: config.betaEnd ?? defaults.betaEnd,
    betaSchedule,
    trainedBetas: config.trainedBetas,
    rescaleBetasZeroSnr: !WITHOUT_RESCALING.includes(name) && (config.rescaleBetasZeroSnr ?? false),
  };
}

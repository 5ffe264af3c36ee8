/**
 * @file Timesteps and noise levels of a solver's schedule. Knows what the four classes have in common and what each
 * may leave out; knows no step.
 *
 * Matches: the constructors and `set_timesteps` of diffusers `DPMSolverMultistepScheduler`,
 * `DPMSolverSinglestepScheduler`, `UniPCMultistepScheduler` and `DEISMultistepScheduler`: float32 where torch holds a
 * tensor, float64 where numpy does.
 *
 * Left out, on purpose: `use_flow_sigmas` and dynamic shifting, which are for flow-matching models.
 */
import { InpaintError } from "../../../errors/inpaint-error.js";
import { roundHalfEven } from "../../../tensor/round-half-even.js";
import type { SchedulerName } from "../../inpaint-job.js";
import type { SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";
import {
  betaSigmas,
  exponentialSigmas,
  karrasSigmas,
  logSigmaTable,
  luSigmas,
  sigmaToTimestep,
} from "../sigma-schedules.js";
import { trainingSigmas } from "../training-sigmas.js";
import { type NoiseLevel, noiseLevel } from "./noise-level.js";
import { solverTimesteps } from "./solver-timesteps.js";

/** What a class's constructor and `set_timesteps` have beyond, or short of, the others'. */
export interface ScheduleRules {
  readonly name: SchedulerName;
  /** Without it every schedule is `linspace`. */
  readonly hasTimestepSpacing: boolean;
  readonly clipsLambda: boolean;
  readonly hasLuLambdas: boolean;
  /** Karras timesteps stay fractions, and are then cut, where betas are the cosine schedule's. */
  readonly cutsCosineTimesteps: boolean;
  /** A Karras, exponential or beta schedule that ends at sigma_min repeats its own last sigma, not the table's first. */
  readonly repeatsLastSigma: boolean;
  /** Where the schedule ends: without noise, or at the least noise that the model was trained on. */
  readonly finalSigmasType: "zero" | "sigma_min";
}

export interface SolverSchedule {
  /** Of the whole schedule: a strength below 1 starts at a later index. */
  readonly timesteps: readonly number[];
  /** One per timestep, and the one that the last step leads to. */
  readonly levels: readonly NoiseLevel[];
}

/**
 * Throws InpaintError, by name and with its key, for what the reference's class refuses; INVALID_INPUT when strength
 * leaves no step of a schedule that `lambda_min_clipped` has shortened.
 */
export function solverSchedule(
  config: SchedulerConfig,
  plan: SchedulePlan,
  rules: ScheduleRules,
): SolverSchedule {
  refuseUnserved(config, rules);
  const table = trainingSigmas(rules.name, config);
  const { sigmas, timesteps, isSpacedByTimestep } = spaceSigmas(config, plan, rules, table);
  if (timesteps.length <= plan.skippedSteps) {
    throw new InpaintError(
      "INVALID_INPUT",
      `lambda_min_clipped leaves ${timesteps.length} of ${plan.numInferenceSteps} steps, and strength skips ` +
        `${plan.skippedSteps}; raise strength`,
    );
  }
  const smallest = isSpacedByTimestep || !rules.repeatsLastSigma ? table[0] : sigmas.at(-1);
  const last = rules.finalSigmasType === "zero" ? 0 : (smallest ?? 0);
  return { timesteps, levels: [...sigmas, last].map((sigma) => noiseLevel(Math.fround(sigma))) };
}

function refuseUnserved(config: SchedulerConfig, { name }: ScheduleRules): void {
  const { useKarrasSigmas, useExponentialSigmas, useBetaSigmas } = config;
  if ([useKarrasSigmas, useExponentialSigmas, useBetaSigmas].filter((use) => use).length > 1) {
    throw refusal(name, "takes only one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas");
  }
  if (config.useFlowSigmas) {
    throw refusal(name, "does not take use_flow_sigmas: models trained by flow matching are not served");
  }
}

interface SpacedSigmas {
  readonly sigmas: Float64Array;
  readonly timesteps: readonly number[];
  readonly isSpacedByTimestep: boolean;
}

function spaceSigmas(
  config: SchedulerConfig,
  { numInferenceSteps }: SchedulePlan,
  rules: ScheduleRules,
  table: Float32Array,
): SpacedSigmas {
  const logSigmas = logSigmaTable(table);
  const range = {
    sigmaMin: config.sigmaMin ?? table.at(0) ?? 0,
    sigmaMax: config.sigmaMax ?? table.at(-1) ?? 0,
  };
  const isCut = rules.cutsCosineTimesteps && config.betaSchedule === "squaredcos_cap_v2";
  const bySigma = (sigmas: Float64Array, rounds: boolean): SpacedSigmas => ({
    sigmas,
    timesteps: Array.from(sigmas, (sigma) => {
      const timestep = sigmaToTimestep(sigma, logSigmas);
      return rounds && !isCut ? roundHalfEven(timestep) : Math.trunc(timestep);
    }),
    isSpacedByTimestep: false,
  });
  if (config.useKarrasSigmas) return bySigma(karrasSigmas(range, numInferenceSteps), true);
  if (rules.hasLuLambdas && config.useLuLambdas) return bySigma(luSigmas(logSigmas, numInferenceSteps), true);
  if (config.useExponentialSigmas) return bySigma(exponentialSigmas(range, numInferenceSteps), false);
  if (config.useBetaSigmas) return bySigma(betaSigmas(range, numInferenceSteps), false);
  const numTrainTimesteps = config.numTrainTimesteps ?? 1000;
  const timesteps = solverTimesteps(
    {
      timestepSpacing: (rules.hasTimestepSpacing && config.timestepSpacing) || "linspace",
      numTrainTimesteps,
      stepsOffset: config.stepsOffset ?? 0,
    },
    numTrainTimesteps - (rules.clipsLambda ? clippedCount(table, config.lambdaMinClipped) : 0),
    numInferenceSteps,
  );
  // numpy's interp stays at the table's ends beyond them
  const sigmas = timesteps.map((timestep) => table[Math.min(Math.max(timestep, 0), table.length - 1)] ?? 0);
  return { sigmas: Float64Array.from(sigmas), timesteps, isSpacedByTimestep: true };
}

/** How many training timesteps, the noisiest, have a lambda below `lambdaMin`. */
function clippedCount(table: Float32Array, lambdaMin = Number.NEGATIVE_INFINITY): number {
  return table.filter((sigma) => noiseLevel(sigma).lambda < Math.fround(lambdaMin)).length;
}

/**
 * @file The schedule of the two KDPM2 schedulers: sigmas, and timesteps of the midpoints at which they make their second
 * calls. Knows no step.
 *
 * Matches: `set_timesteps` and `_sigma_to_t` of diffusers `KDPM2DiscreteScheduler` and
 * `KDPM2AncestralDiscreteScheduler`, in float32 where the timesteps of steps are in double.
 */
import { roundHalfEven } from "../../../tensor/round-half-even.js";
import type { SchedulerName } from "../../inpaint-job.js";
import { logFloat32 } from "../log-float32.js";
import type { SchedulePlan, SchedulerConfig } from "../noise-scheduler.js";
import { kDiffusionSchedule, SENSIBLE_DEFAULTS } from "./k-diffusion-schedule.js";
import { TwoCallCursor } from "./two-call-cursor.js";

export interface KDpm2Schedule {
  /** Of the calls that are left to be made. */
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;
  /** Second calls are made at the midpoints; the last step, which has none, has the 0 that it leads to. */
  readonly cursor: TwoCallCursor;
}

/** `midpointsOf` gives one sigma per step. Throws InpaintError INVALID_CHECKPOINT for what the class refuses. */
export function kDpm2Schedule(
  name: SchedulerName,
  config: SchedulerConfig,
  plan: SchedulePlan,
  midpointsOf: (sigmas: Float32Array) => readonly number[],
): KDpm2Schedule {
  const { timesteps, sigmas, logSigmas, initNoiseSigma } = kDiffusionSchedule(config, plan, {
    name,
    defaults: SENSIBLE_DEFAULTS,
    hasSigmaSchedules: true,
    limitsKarrasSigmas: true,
    hasEulerOptions: false,
  });
  const midpoints = midpointsOf(sigmas);
  const cursor = new TwoCallCursor(sigmas, plan.skippedSteps, midpoints);
  const ofAllCalls = interleaveMidpoints(config, timesteps, midpoints, logSigmas);
  return { timesteps: ofAllCalls.slice(cursor.call), initNoiseSigma, cursor };
}

/** Halfway between two sigmas on the scale of their logarithms: 0 where one of them is. */
export function midpointSigma(a: number, b: number): number {
  const round = Math.fround;
  const [start, end] = [round(Math.log(a)), round(Math.log(b))];
  if (start === Number.NEGATIVE_INFINITY || end === Number.NEGATIVE_INFINITY) return 0;
  return round(Math.exp(round(end - round(round(end - start) / 2))));
}

/** The timesteps of all calls: each step's own and, of all but the last, its midpoint's. */
function interleaveMidpoints(
  config: SchedulerConfig,
  timesteps: readonly number[],
  midpoints: readonly number[],
  logSigmas: Float32Array,
): number[] {
  const own = config.useKarrasSigmas ? timesteps.map(roundHalfEven) : timesteps;
  const [first = Number.NaN, ...rest] = own;
  return [first, ...rest.flatMap((timestep, i) => [timestepFloat32(midpoints[i] ?? 0, logSigmas), timestep])];
}

/** Like `sigmaToTimestep`, in float32 after every operation. */
function timestepFloat32(sigma: number, logSigmas: Float32Array): number {
  const round = Math.fround;
  const logSigma = logFloat32(Math.max(sigma, 1e-10));
  const reached = logSigmas.findLastIndex((entry) => round(logSigma - entry) >= 0);
  const index = Math.min(Math.max(reached, 0), logSigmas.length - 2);
  const low = logSigmas[index] ?? Number.NaN;
  const high = logSigmas[index + 1] ?? Number.NaN;
  const weight = Math.min(Math.max(round(round(low - logSigma) / round(low - high)), 0), 1);
  return round(round(round(1 - weight) * index) + round(weight * (index + 1)));
}

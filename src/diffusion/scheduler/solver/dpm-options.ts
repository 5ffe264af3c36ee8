/**
 * @file The options that the two DPM-Solver classes share, with their defaults. Knows what each refuses; knows no
 * formula.
 *
 * Matches: the constructors of diffusers `DPMSolverMultistepScheduler` and `DPMSolverSinglestepScheduler`.
 */
import type { SchedulerName } from "../../inpaint-job.js";
import type { PredictionType, SchedulerConfig } from "../noise-scheduler.js";
import { refusal } from "../refusal.js";

/** `++` predicts the clean sample, the others the noise; `sde` adds noise of its own in every step. */
export type DpmAlgorithm = "dpmsolver" | "dpmsolver++" | "sde-dpmsolver" | "sde-dpmsolver++";

export interface DpmOptions {
  readonly algorithm: DpmAlgorithm;
  readonly predictsOriginal: boolean;
  readonly isStochastic: boolean;
  readonly solverOrder: number;
  readonly solverType: "midpoint" | "heun";
  readonly predictionType: PredictionType;
  readonly lowerOrderFinal: boolean;
  readonly finalSigmasType: "zero" | "sigma_min";
}

/**
 * The two classes differ in whether they lower the order at the end by default. Throws InpaintError, by name and with
 * its key, for what both reference classes refuse.
 */
export function dpmOptions(
  config: SchedulerConfig,
  name: SchedulerName,
  defaults: Pick<DpmOptions, "lowerOrderFinal">,
): DpmOptions {
  const { algorithmType = "dpmsolver++", finalSigmasType = "zero" } = config;
  const algorithm = algorithmType === "deis" ? "dpmsolver++" : algorithmType;
  const predictsOriginal = algorithm.endsWith("++");
  const predictionType = config.predictionType ?? "epsilon";
  if (finalSigmasType === "zero" && !algorithmType.endsWith("++")) {
    throw refusal(name, `needs final_sigmas_type "sigma_min" for algorithm_type "${algorithmType}"`);
  }
  const learnsVariance = config.varianceType === "learned" || config.varianceType === "learned_range";
  if (learnsVariance && predictionType === "epsilon") {
    throw refusal(
      name,
      `does not take variance_type "${config.varianceType}": latents have no channels for it`,
    );
  }
  return {
    algorithm,
    predictsOriginal,
    isStochastic: algorithm.startsWith("sde-"),
    solverOrder: config.solverOrder ?? 2,
    // the other three are another class's, left in the file by a swap
    solverType: config.solverType === "heun" ? "heun" : "midpoint",
    predictionType,
    lowerOrderFinal: config.lowerOrderFinal ?? defaults.lowerOrderFinal,
    finalSigmasType,
  };
}

/**
 * @file Model outputs and sample updates of the two DPM-Solver classes. Knows the formulas' operands; knows no order
 * of steps.
 */

import { type Term, weightedSum } from "../latent-arithmetic.js";
import {
  noiseFromOriginal,
  originalFromNoise,
  predictedNoise,
  predictedOriginal,
} from "../model-prediction.js";
import { boundSample, type SampleBounds } from "../threshold-sample.js";
import { dpmCoefficients } from "./dpm-coefficients.js";
import type { DpmOptions } from "./dpm-options.js";
import type { NoiseLevel } from "./noise-level.js";

/** What the algorithm integrates: the clean sample, thresholded if asked, or the noise that goes with it. */
export function dpmModelOutput(
  { predictionType, predictsOriginal }: Pick<DpmOptions, "predictionType" | "predictsOriginal">,
  bounds: SampleBounds,
  modelOutput: Float32Array,
  sample: Float32Array,
  level: NoiseLevel,
): Float32Array {
  if (predictsOriginal) {
    return boundSample(predictedOriginal(predictionType, modelOutput, sample, level), bounds);
  }
  const noise = predictedNoise(predictionType, modelOutput, sample, level);
  if (!bounds.thresholding) return noise;
  return noiseFromOriginal(boundSample(originalFromNoise(noise, sample, level), bounds), sample, level);
}

/** A step's start and end, the sample at its start, and the differences of model outputs over lambda. */
export interface DpmStep {
  readonly from: NoiseLevel;
  readonly to: NoiseLevel;
  readonly sample: Float32Array;
  readonly output: Float32Array;
  readonly slope?: { readonly rule: "midpoint" | "taylor"; readonly values: Float32Array };
  readonly curvature?: Float32Array;
  /** Standard normals, for the stochastic algorithms. */
  readonly noise: Float32Array | undefined;
}

export function dpmUpdate(algorithm: DpmOptions["algorithm"], step: DpmStep): Float32Array {
  const factors = dpmCoefficients(algorithm, step.from, step.to);
  const terms: Term[] = [
    [factors.sample, step.sample],
    [factors.output, step.output],
  ];
  if (step.slope) {
    const { rule, values } = step.slope;
    terms.push([rule === "midpoint" ? factors.midpointSlope : factors.slope, values]);
  }
  if (step.curvature) terms.push([factors.curvature, step.curvature]);
  if (step.noise) terms.push([factors.noise, step.noise]);
  return weightedSum(terms);
}

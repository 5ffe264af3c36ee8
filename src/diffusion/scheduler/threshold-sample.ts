/**
 * @file Keeps the predicted clean sample in bounds: clipped, dynamically thresholded, or left alone. Knows no schedule.
 *
 * Matches: `_threshold_sample` and the clamping in `step` of diffusers `DDPMScheduler`, `DDIMScheduler`,
 * `LCMScheduler` and others; Saharia et al. 2022 (Imagen), section 2.3. Float32 where torch is.
 */
import { select } from "../../tensor/select.js";
import type { SchedulerConfig } from "./noise-scheduler.js";

/** A class's own defaults are filled in by the class. */
export interface SampleBounds {
  readonly thresholding: boolean;
  /** Quantile of the magnitudes that becomes the threshold, 0 … 1. */
  readonly dynamicThresholdingRatio: number;
  /** The threshold is at most this, and at least 1. */
  readonly sampleMaxValue: number;
  /** Infinity where the sample is not clipped. */
  readonly clipRange: number;
}

export function sampleBounds(config: SchedulerConfig, clipsByDefault: boolean): SampleBounds {
  return {
    thresholding: config.thresholding ?? false,
    dynamicThresholdingRatio: config.dynamicThresholdingRatio ?? 0.995,
    sampleMaxValue: config.sampleMaxValue ?? 1,
    clipRange:
      (config.clipSample ?? clipsByDefault) ? (config.clipSampleRange ?? 1) : Number.POSITIVE_INFINITY,
  };
}

/** False where a sample may be of any size. */
export function isBounded({ thresholding, clipRange }: SampleBounds): boolean {
  return thresholding || clipRange < Number.POSITIVE_INFINITY;
}

/** The sample of one image within `bounds`: the same memory when nothing is to be done. NaN stays NaN. */
export function boundSample(sample: Float32Array, bounds: SampleBounds): Float32Array {
  if (bounds.thresholding) {
    return thresholdSample(sample, bounds.dynamicThresholdingRatio, bounds.sampleMaxValue);
  }
  return isBounded(bounds) ? clamp(sample, Math.fround(bounds.clipRange), 1) : sample;
}

/** `sample` within ± s, divided by s, where s is the `ratio` quantile of its magnitudes, kept within 1 … `maxValue`. */
function thresholdSample(sample: Float32Array, ratio: number, maxValue: number): Float32Array {
  // torch clamps to the upper limit last, so that a maximum below 1 wins
  const limit = Math.min(Math.max(quantile(sample.map(Math.abs), ratio), 1), Math.fround(maxValue));
  return clamp(sample, limit, limit);
}

function clamp(sample: Float32Array, limit: number, divisor: number): Float32Array {
  const out = new Float32Array(sample.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Math.min(Math.max(sample[i] ?? 0, -limit), limit) / divisor;
  }
  return out;
}

/** `torch.quantile` with linear interpolation, in float32. Reorders `values`. */
function quantile(values: Float32Array, ratio: number): number {
  const round = Math.fround;
  const rank = round(round(ratio) * (values.length - 1));
  const below = Math.floor(rank);
  const low = select(values, below);
  // what comes after it is not smaller, and in no order
  const high = rank > below ? values.subarray(below + 1).reduce((a, b) => Math.min(a, b)) : low;
  const weight = round(rank - below);
  const difference = round(high - low);
  // torch's lerp goes from the nearer end
  return weight < 0.5
    ? round(low + round(weight * difference))
    : round(high - round(difference * round(1 - weight)));
}

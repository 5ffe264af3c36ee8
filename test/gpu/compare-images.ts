/** @file Whole pictures against the float32 reference's, in 1/255. Knows no single network. */
import type { LoadedModel } from "../../src/engine/worker/loaded-model.js";
import type { Precision } from "../../src/networks/network-builder.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import type { ImageGolden } from "../support/image-goldens.js";
import { runJob } from "../support/run-job.js";
import { thinned } from "../support/thinned.js";
import type { Report } from "./report.js";

/**
 * In float16: with every value rounded on the CPU (`--emulate-float16`) the 45 pictures differ by 0.41 in the mean and 10
 * at most, where an image of few steps is guided strongly. Units that add in another order get twice that. In float32:
 * 1/255, of which resampling a crop can make 2.
 */
export const IMAGE_LIMITS = {
  float32: { mean: 0.1, max: 2 },
  float16: { mean: 1, max: 20 },
} as const satisfies Record<Precision, ImageDifference>;

export interface ImageDifference {
  readonly mean: number;
  readonly max: number;
}

/** Over all channels, in 1/255. Infinite where the sizes differ. */
export function imageDifference(actual: RgbImage, expected: RgbImage): ImageDifference {
  if (actual.width !== expected.width || actual.height !== expected.height) {
    return { mean: Number.POSITIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  }
  let [sum, max] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs((actual.data[i] ?? 0) - (expected.data[i] ?? 0));
    sum += difference;
    max = Math.max(max, difference);
  }
  return { mean: sum / expected.data.length, max };
}

export async function compareImages(
  goldens: readonly ImageGolden[],
  open: (modelDir: string) => Promise<LoadedModel>,
  precision: Precision,
  report: Report,
): Promise<void> {
  const limit = IMAGE_LIMITS[precision];
  report.line(
    `whole images against the float32 reference's, in 1/255: mean at most ${limit.mean}, largest at most ${limit.max}`,
  );
  report.line(`  ${"mean".padStart(6)} ${"max".padStart(4)}`);
  const silent = { signal: new AbortController().signal, onStarted: () => {}, onProgress: () => {} };
  for (const modelDir of new Set(goldens.map((golden) => golden.modelDir))) {
    const model = await open(modelDir);
    try {
      for (const golden of goldens.filter((golden) => golden.modelDir === modelDir)) {
        const { image } = await runJob(model, golden.job(), silent);
        const { mean, max } = imageDifference(thinned(image, golden.stride), await golden.expected());
        const text = `  ${mean.toFixed(3).padStart(6)} ${String(max).padStart(4)}  ${golden.name}`;
        report.verdict(text, mean <= limit.mean && max <= limit.max);
      }
    } finally {
      await model.release();
    }
  }
}

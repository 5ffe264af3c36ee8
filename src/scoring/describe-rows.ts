/** @file The rows of a request in numbers, for the record: their parameters, and how long their texts are. */
import type { RowFacts } from "../observability/request-record.js";
import type { PlannedImage } from "./planned-image.js";

/** `images` are in the order of their rows, each row's together. */
export function describeRows(images: readonly PlannedImage[]): readonly RowFacts[] {
  const counts = new Map<number, number>();
  for (const { rowIndex } of images) counts.set(rowIndex, (counts.get(rowIndex) ?? 0) + 1);
  return images.flatMap(({ job, rowIndex }, i) => {
    if (images[i - 1]?.rowIndex === rowIndex) return [];
    const { numInferenceSteps, guidanceScale, strength, seed, scheduler, height, width } = job;
    return [
      {
        numInferenceSteps,
        guidanceScale,
        strength,
        seed,
        images: counts.get(rowIndex) ?? 0,
        promptChars: job.prompt.length,
        negativePromptChars: job.negativePrompt.length,
        ...(scheduler !== undefined && { scheduler }),
        ...(height !== undefined && { height }),
        ...(width !== undefined && { width }),
      },
    ];
  });
}

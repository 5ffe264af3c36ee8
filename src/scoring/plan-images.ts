/**
 * @file A parsed request to the jobs that it asks for: places reserved first, images decoded then. Knows which row
 * makes which images; runs nothing.
 */
import type { ModelGeometry } from "../diffusion/job-sizes.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { type DecodeImagesOptions, decodeImages } from "./decode-images.js";
import type { ParsedRequest } from "./parse-request.js";
import { type PlannedImage, planRow } from "./planned-image.js";
import type { JobRunner, Permit, ReserveOptions } from "./ports.js";
import { responsePixels } from "./response-pixels.js";

/**
 * Places for every image of the request. One whose problems are known takes none: its other problems are looked for
 * only while there is room. Throws those problems, or what `runner` refuses with.
 */
export function reservePlaces(
  { rows, problems }: ParsedRequest,
  runner: JobRunner,
  options: ReserveOptions,
): Permit {
  for (const { where, parameters } of rows) {
    for (const problem of parameters ? runner.problemsWith(parameters.job) : []) {
      problems.add(where, problem);
    }
  }
  const plans = rows.flatMap(({ parameters }) =>
    parameters ? Array.from({ length: parameters.imageCount }, () => parameters.job) : [],
  );
  if (problems.none) return runner.reserve(plans, options);
  try {
    return runner.reserve([], options);
  } catch {
    // Trying again mends no problem of the request's own.
    problems.throwIfAny();
    throw new InpaintError("INTERNAL", "problems that were there have gone: this is a bug");
  }
}

export interface PlanImagesOptions extends Omit<DecodeImagesOptions, "problems" | "where"> {
  /** Of the model that will run them. */
  readonly geometry: ModelGeometry;
  /** Most pixels of all images of the answer together. */
  readonly maxResponsePixels: number;
}

/** The images of a request, in the order of its plans. Throws its problems when there is any. */
export async function planImages(
  { where, rows, problems }: ParsedRequest,
  { geometry, maxResponsePixels, ...options }: PlanImagesOptions,
): Promise<readonly PlannedImage[]> {
  const decoded = await decodeImages(
    rows.flatMap(({ image, maskImage, parameters }) => {
      const exifTranspose = parameters?.exifTranspose ?? false;
      return [image, maskImage].map((text) => text && { ...text, exifTranspose });
    }),
    { ...options, where, problems },
  );
  const planned = rows.map((draft, i) => planRow(draft, i, decoded[2 * i], decoded[2 * i + 1], problems));
  problems.throwIfAny();
  if (planned.includes(undefined)) {
    throw new InpaintError("INTERNAL", "a row without a problem gave no job: this is a bug");
  }
  const images = planned.flatMap((ofRow) => ofRow ?? []);
  const pixels = responsePixels(images, geometry);
  if (pixels > maxResponsePixels) {
    problems.add(
      where,
      `the images of the answer would hold ${pixels} pixels together; at most ${maxResponsePixels} are returned ` +
        "(with padding_mask_crop each has the size of its input)",
    );
  }
  problems.throwIfAny();
  return images;
}

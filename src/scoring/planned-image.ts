/**
 * @file A row whose parts were all readable, as the images that it asks for: one job each. Knows seeds and warnings;
 * runs nothing.
 */
import { randomInt } from "node:crypto";
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import type { DecodedImage } from "./decode-images.js";
import type { RowDraft } from "./parse-request.js";
import type { EncodeOptions } from "./ports.js";
import type { Problems } from "./problems.js";

/** One image of the answer before it is made. */
export interface PlannedImage {
  readonly job: InpaintJob;
  /** Of the request's row. */
  readonly rowIndex: number;
  /** Names that row in a message. */
  readonly where: string;
  readonly output: EncodeOptions;
  readonly details: boolean;
  /** Milliseconds that decoding the row's image and mask took. */
  readonly imageDecodeMs: number;
  /** Milliseconds that fetching the row's image and mask took; undefined where both were sent. */
  readonly imageFetchMs: number | undefined;
  /** What is known of the row before its job runs. */
  readonly warnings: readonly string[];
}

/** Seeds drawn here have 32 bits: torch's CPU generator reads no more. */
const DRAWN_SEEDS = 2 ** 32;
/** The format stores an edge in 14 bits. */
const MAX_WEBP_EDGE_PIXELS = 16_383;

/** `seed` + `j` within the whole numbers that a double holds exactly: after the largest comes 0. */
function seedOf(seed: number, j: number): number {
  const room = Number.MAX_SAFE_INTEGER - seed;
  return j <= room ? seed + j : j - room - 1;
}

function sumOf(image: number | undefined, maskImage: number | undefined): number | undefined {
  return image === undefined && maskImage === undefined ? undefined : (image ?? 0) + (maskImage ?? 0);
}

/** Undefined where a part of the row could not be read, and when a problem is added here. */
export function planRow(
  { where, place, prompt, parameters }: RowDraft,
  rowIndex: number,
  image: DecodedImage | undefined,
  maskImage: DecodedImage | undefined,
  problems: Problems,
): readonly PlannedImage[] | undefined {
  if (prompt === undefined || image === undefined || maskImage === undefined || parameters === undefined) {
    return undefined;
  }
  const { job, imageCount, output, details } = parameters;
  const { width, height } = image.image;
  // Only then has the result the image's own size; any that can be asked for fits.
  if (
    output.format === "webp" &&
    job.paddingMaskCrop !== undefined &&
    Math.max(width, height) > MAX_WEBP_EDGE_PIXELS
  ) {
    problems.add(
      place("output_format"),
      `webp holds at most ${MAX_WEBP_EDGE_PIXELS} pixels an edge, and the result would have the image's ${width}×${height}`,
    );
    return undefined;
  }
  const seed = parameters.seed ?? randomInt(DRAWN_SEEDS);
  const warnings = [
    ...image.warnings.map((warning) => `image: ${warning}`),
    ...maskImage.warnings.map((warning) => `mask_image: ${warning}`),
  ];
  return Array.from({ length: imageCount }, (_, j) => ({
    job: { ...job, prompt, image: image.image, maskImage: maskImage.image, seed: seedOf(seed, j) },
    rowIndex,
    where,
    output,
    details,
    imageDecodeMs: image.ms + maskImage.ms,
    imageFetchMs: sumOf(image.fetchMs, maskImage.fetchMs),
    warnings,
  }));
}

/** @file How large the images of an answer will be together, told before any is made. Knows sizes; knows no limit. */
import { jobSizes, type ModelGeometry } from "../diffusion/job-sizes.js";
import type { PlannedImage } from "./planned-image.js";

/** Pixels of all of `images`, which are in memory at the same time, as files of 3 bytes a pixel at worst. */
export function responsePixels(images: readonly PlannedImage[], geometry: ModelGeometry): number {
  return images.reduce((sum, { job }) => {
    const { width, height } = jobSizes(job, geometry).returned;
    return sum + width * height;
  }, 0);
}

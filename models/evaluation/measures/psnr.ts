/** @file Peak signal-to-noise ratio within a hole. Knows nothing of how the hole was filled. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";

/**
 * Decibels over the hole's pixels, all three channels together; Infinity where nothing differs. Throws RangeError for
 * pictures of different sizes and for a mask without a hole.
 */
export function holePsnr(original: RgbImage, result: RgbImage, { bytes }: Mask): number {
  if (original.data.length !== result.data.length || bytes.length * 3 !== original.data.length)
    throw new RangeError("original, result and mask must have one size");
  let sum = 0;
  let count = 0;
  for (let pixel = 0; pixel < bytes.length; pixel++) {
    if (bytes[pixel] === 0) continue;
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) {
      sum += ((original.data[i] ?? 0) - (result.data[i] ?? 0)) ** 2;
      count++;
    }
  }
  if (count === 0) throw new RangeError("the mask has no hole");
  return 10 * Math.log10((255 * 255 * count) / sum);
}

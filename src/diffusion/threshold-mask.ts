/**
 * @file Which pixels of a mask image are repainted.
 *
 * Matches: diffusers `VaeImageProcessor.convert_to_grayscale` and `binarize` (≥ 0.5).
 */
import { luminance } from "../tensor/luminance.js";
import type { Mask } from "../tensor/mask.js";
import type { RgbImage } from "../tensor/rgb-image.js";

/** The least luminance that is repainted: 128/255 is the first 8-bit level ≥ 0.5. */
const REPAINT_FROM_LUMINANCE = 128;

/** To be given the mask at its final size: turned to grey first and stretched then, it would round differently. */
export function thresholdMask(maskImage: RgbImage): Mask {
  const data = luminance(maskImage);
  for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) >= REPAINT_FROM_LUMINANCE ? 1 : 0;
  return { width: maskImage.width, height: maskImage.height, data };
}

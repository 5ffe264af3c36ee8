/**
 * @file The input's own pixels in the result. Ours: the reference returns the raw picture.
 *
 * Outside the mask a pixel is the input's, byte for byte. Inside it is `input + α · (painted − input)` with
 * `α = min(1, d / (feather + 1))`, where d is the distance in pixels to the nearest kept pixel: 1 at the mask's edge.
 * So the ramp lies inside the mask, and without feather there is none.
 */
import { distanceToKept } from "../tensor/distance-to-kept.js";
import type { Mask } from "../tensor/mask.js";
import { resizeLanczos } from "../tensor/resize-lanczos.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { thresholdMask } from "./threshold-mask.js";

/** Image and mask at the size of the result. */
export interface KeptPixels {
  readonly image: RgbImage;
  readonly mask: Mask;
  /** Width of the ramp in pixels, ≥ 0. */
  readonly feather: number;
}

export function keepPixels(
  image: RgbImage,
  maskImage: RgbImage,
  { width, height, feather }: { readonly width: number; readonly height: number; readonly feather: number },
): KeptPixels {
  return {
    image: resizeLanczos(image, width, height),
    mask: thresholdMask(resizeLanczos(maskImage, width, height)),
    feather,
  };
}

/** Writes the input's share of every pixel into `painted`, which is of the kept image's size. */
export function pasteKept(painted: RgbImage, { image, mask, feather }: KeptPixels): void {
  const distances = feather > 0 ? distanceToKept(mask) : undefined;
  // A store rounds to the nearest level.
  const levels = new Uint8ClampedArray(painted.data.buffer, painted.data.byteOffset, painted.data.length);
  for (let i = 0, p = 0; i < mask.data.length; i++, p += 3) {
    const alpha = mask.data[i] === 0 ? 0 : Math.min(1, (distances?.[i] ?? 1) / (feather + 1));
    if (alpha === 1) continue;
    for (let channel = p; channel < p + 3; channel++) {
      const input = image.data[channel] ?? 0;
      levels[channel] = input + alpha * ((levels[channel] ?? 0) - input);
    }
  }
}

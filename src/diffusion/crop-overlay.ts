/**
 * @file Puts a repainted part back into the original image, the mask's greys as a soft edge. Integer for integer as
 * Pillow does it. Knows no network.
 *
 * Matches: diffusers `VaeImageProcessor.apply_overlay` with `crop_coords`; below it, Pillow's `paste_mask_L`,
 * `rgba2rgbA` (src/libImaging/Convert.c) and `ImagingAlphaComposite`, for opaque images.
 */
import { crop, paste } from "../tensor/crop.js";
import { luminance } from "../tensor/luminance.js";
import type { Region } from "../tensor/region.js";
import { resizeAndCrop } from "../tensor/resize-and-crop.js";
import type { RgbImage } from "../tensor/rgb-image.js";

export interface CropOverlay {
  readonly original: RgbImage;
  /** Of the original's size: black keeps the original, white takes the picture. */
  readonly maskImage: RgbImage;
  /** Where the picture belongs. */
  readonly region: Region;
}

/** A fresh image of the original's size. Outside the region the mask is black, so the original stays as it is. */
export function overlayCrop(picture: RgbImage, { original, maskImage, region }: CropOverlay): RgbImage {
  const painted = resizeAndCrop(picture, region.right - region.left, region.bottom - region.top);
  const grey = luminance(crop(maskImage, region));
  const under = crop(original, region);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    const opacity = 255 - (grey[i] ?? 0);
    for (let channel = p; channel < p + 3; channel++) {
      painted.data[channel] = composite(painted.data[channel] ?? 0, under.data[channel] ?? 0, opacity);
    }
  }
  const out = { width: original.width, height: original.height, data: new Uint8Array(original.data) };
  paste(out, painted, region.left, region.top);
  return out;
}

/** `over`, faded to `opacity` and with the losses of doing so in 8 bits, on `below`. */
function composite(below: number, over: number, opacity: number): number {
  if (opacity === 0) return below;
  const premultiplied = divideBy255(over * opacity + 128);
  const faded = opacity === 255 ? premultiplied : Math.min(Math.floor((255 * premultiplied) / opacity), 255);
  // 7 bits more than a byte, so that only the last division rounds
  const weight = opacity * 128;
  return divideBy255(faded * weight + below * (255 * 128 - weight) + (0x80 << 7)) >> 7;
}

/** Rounded, for what was given 128 (in its own unit) before. */
function divideBy255(value: number): number {
  return ((value >> 8) + value) >> 8;
}

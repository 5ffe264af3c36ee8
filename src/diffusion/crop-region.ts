/**
 * @file Which part of an image is repainted when a caller asks for the mask's surroundings only. Knows no resampling.
 *
 * Matches: diffusers `VaeImageProcessor.get_crop_region`.
 */
import { luminance } from "../tensor/luminance.js";
import type { Region } from "../tensor/region.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import type { PixelSize } from "./job-sizes.js";

/**
 * The bounding box of all mask pixels of luminance above 0 — darker ones than are repainted count too —, `padding`
 * pixels wider on each side, then widened or heightened towards `size`'s aspect as far as the mask goes. Absent when
 * there is no such box: the mask is black.
 */
export function cropRegion(maskImage: RgbImage, size: PixelSize, padding: number): Region | undefined {
  const { width, height } = maskImage;
  const box = boundingBox(luminance(maskImage), width, height);
  if (box === undefined) return undefined;
  const left = Math.max(box.left - padding, 0);
  const top = Math.max(box.top - padding, 0);
  const right = Math.min(box.right + padding, width);
  const bottom = Math.min(box.bottom + padding, height);
  const ratio = size.width / size.height;
  if ((right - left) / (bottom - top) > ratio) {
    const [first, end] = widened(top, bottom, (right - left) / ratio, height);
    return { left, top: first, right, bottom: end };
  }
  const [first, end] = widened(left, right, (bottom - top) * ratio, width);
  return { left: first, top, right: end, bottom };
}

/** `start` … `end` made `wanted` long around its middle, moved and then cut to lie in 0 … `limit`. */
function widened(
  start: number,
  end: number,
  wanted: number,
  limit: number,
): readonly [start: number, end: number] {
  const more = Math.trunc(wanted - (end - start));
  const before = Math.floor(more / 2);
  let first = start - before;
  let last = end + more - before;
  const over = Math.max(last - limit, 0);
  first -= over;
  last -= over;
  const under = Math.max(-first, 0);
  return [first + under, Math.min(last + under, limit)];
}

function boundingBox(grey: Uint8Array, width: number, height: number): Region | undefined {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (grey[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return left < right ? { left, top, right, bottom } : undefined;
}

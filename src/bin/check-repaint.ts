/** @file Whether a result keeps what it must keep and repaints what it must repaint. Knows pixels of one size only. */
import { luminance } from "../tensor/luminance.js";
import type { RgbImage } from "../tensor/rgb-image.js";

/** The mask is repainted where its grey is at least half of white. */
const REPAINT_FROM_GREY = 128;

export interface RepaintCounts {
  /** Pixels inside the hole, and how many of them differ from the input's. */
  readonly inside: number;
  readonly insideChanged: number;
  /** Pixels outside the hole that differ from the input's. */
  readonly outsideChanged: number;
}

/** Compare `result` with `image` pixel by pixel. Throws RangeError when the three sizes differ. */
export function countRepainted(image: RgbImage, mask: RgbImage, result: RgbImage): RepaintCounts {
  for (const other of [mask, result]) {
    if (other.width !== image.width || other.height !== image.height) {
      throw new RangeError(
        `a picture of ${other.width}x${other.height} cannot be compared with one of ${image.width}x${image.height}`,
      );
    }
  }
  const grey = luminance(mask);
  let inside = 0;
  let insideChanged = 0;
  let outsideChanged = 0;
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    const changed = [0, 1, 2].some((channel) => image.data[p + channel] !== result.data[p + channel]);
    if ((grey[i] ?? 0) >= REPAINT_FROM_GREY) {
      inside++;
      if (changed) insideChanged++;
    } else if (changed) outsideChanged++;
  }
  return { inside, insideChanged, outsideChanged };
}

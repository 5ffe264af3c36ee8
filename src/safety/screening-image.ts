/**
 * @file What the service takes as an image, how a large one is shown to it, and the port that makes the file. Knows no
 * file format and no library.
 */
import type { Region } from "../tensor/region.js";
import type { RgbImage } from "../tensor/rgb-image.js";

export interface ImageBounds {
  readonly minEdgePixels: number;
  readonly maxEdgePixels: number;
  readonly maxBytes: number;
}

/**
 * Within the service's limits. Its pages name 2048 and 7200 pixels as the longest edge: the smaller is right in either
 * case. It takes files of 4 MB; but the client makes base64, JSON and bytes of the file in one go, and nobody else is
 * served meanwhile: five milliseconds for half of that.
 */
export const SERVICE_BOUNDS: ImageBounds = {
  minEdgePixels: 50,
  maxEdgePixels: 2048,
  maxBytes: 2_000_000,
};

/** How much a picture may be shrunk before it is shown in parts too. */
const MAX_SHRINKING = 2;

/** As wide as the model's usual picture: what it made is whole in at least one part. */
const OVERLAP_PIXELS = 512;

/** Where parts of `partPixels` begin that cover `edgePixels`, the last one at the end. */
function beginnings(edgePixels: number, partPixels: number): readonly number[] {
  const last = Math.max(0, edgePixels - partPixels);
  const count = Math.ceil(last / (partPixels - OVERLAP_PIXELS)) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(last, i * (partPixels - OVERLAP_PIXELS)));
}

/**
 * The whole picture; and where that would be shrunk to less than half of its size, parts of it that are not. A strip of
 * 60 000 × 256 pixels would otherwise hide what stands on 256 × 256 of them: the service would see 9 × 50.
 */
export function partsToShow(
  { width, height }: Pick<RgbImage, "width" | "height">,
  { maxEdgePixels }: ImageBounds,
): readonly Region[] {
  const partPixels = maxEdgePixels * MAX_SHRINKING;
  const whole = { left: 0, top: 0, right: width, bottom: height };
  if (Math.max(width, height) <= partPixels) return [whole];
  const parts = beginnings(height, partPixels).flatMap((top) =>
    beginnings(width, partPixels).map((left) => ({
      left,
      top,
      right: Math.min(width, left + partPixels),
      bottom: Math.min(height, top + partPixels),
    })),
  );
  return [whole, ...parts];
}

/** What safety needs of an image library. */
export interface BoundedImageEncoder {
  /** The region as PNG, or JPEG where that is too large; what is too large or too small for the bounds is scaled to them. */
  encodeWithin(image: RgbImage, region: Region, bounds: ImageBounds): Promise<Uint8Array>;
}

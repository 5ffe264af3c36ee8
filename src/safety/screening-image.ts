/** @file What the service takes as an image, and the port that makes it. Knows no file format and no library. */
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

/** What safety needs of an image library. */
export interface BoundedImageEncoder {
  /** A PNG, or a JPEG where that is too large; what is too large or too small for the bounds is scaled to them. */
  encodeWithin(image: RgbImage, bounds: ImageBounds): Promise<Uint8Array>;
}

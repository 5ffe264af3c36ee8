/** @file What the service takes as an image, and the port that makes it. Knows no file format and no library. */
import type { RgbImage } from "../tensor/rgb-image.js";

export interface ImageBounds {
  readonly minEdgePixels: number;
  readonly maxEdgePixels: number;
  readonly maxBytes: number;
}

/**
 * The service's limits. Its pages name 2048 and 7200 pixels as the longest edge: the smaller is right in either case.
 * Of its 4 MB the base64 text of the request is a third more.
 */
export const SERVICE_BOUNDS: ImageBounds = {
  minEdgePixels: 50,
  maxEdgePixels: 2048,
  maxBytes: 4_000_000,
};

/** What safety needs of an image library. */
export interface BoundedImageEncoder {
  /** A PNG, or a JPEG where that is too large; what is too large or too small for the bounds is scaled to them. */
  encodeWithin(image: RgbImage, bounds: ImageBounds): Promise<Uint8Array>;
}

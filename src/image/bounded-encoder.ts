/**
 * @file Pixels as an image file within bounds of edges and bytes, for whoever must look at the picture and not keep it.
 * sharp works on threads of its own. Knows nothing of who looks.
 */
import sharp, { type Sharp } from "sharp";
import type { Region } from "../tensor/region.js";
import type { RgbImage } from "../tensor/rgb-image.js";

export interface ImageBounds {
  readonly minEdgePixels: number;
  readonly maxEdgePixels: number;
  readonly maxBytes: number;
}

export interface BoundedImageEncoder {
  /**
   * The region's pixels as a PNG, or a JPEG of falling quality where that is too large. An edge over the bounds shrinks the
   * whole region; one under them, then, is stretched alone: a strip is shown whole rather than cut.
   */
  encodeWithin(image: RgbImage, region: Region, bounds: ImageBounds): Promise<Uint8Array>;
}

const JPEG_QUALITIES = [95, 85, 70, 50, 30] as const;

/** Nothing is kept of the file, so the time counts more than the bytes. */
const PNG_OPTIONS = { compressionLevel: 1, adaptiveFiltering: false, palette: false } as const;

/** Width and height within the bounds, in the picture's own proportions where they allow it. */
export function sizeWithin(
  { width, height }: Pick<RgbImage, "width" | "height">,
  { minEdgePixels, maxEdgePixels }: ImageBounds,
): { readonly width: number; readonly height: number } {
  const shortest = Math.min(width, height);
  const longest = Math.max(width, height);
  // Enlarged until the short edge is long enough, but never beyond what the long one may have.
  const enlarge = Math.max(1, minEdgePixels / shortest);
  const scale = Math.min(enlarge, maxEdgePixels / longest);
  const within = (edge: number) => Math.min(maxEdgePixels, Math.max(minEdgePixels, Math.round(edge * scale)));
  return { width: within(width), height: within(height) };
}

export function createBoundedEncoder(): BoundedImageEncoder {
  return {
    async encodeWithin({ width, height, data }, { left, top, right, bottom }, bounds) {
      const cut = { width: right - left, height: bottom - top };
      const size = sizeWithin(cut, bounds);
      const picture = (): Sharp => {
        const raw = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
        return raw.extract({ left, top, ...cut }).resize({ ...size, fit: "fill" });
      };
      const png = await picture().png(PNG_OPTIONS).toBuffer();
      if (png.length <= bounds.maxBytes) return png;
      for (const quality of JPEG_QUALITIES) {
        const jpeg = await picture().jpeg({ quality }).toBuffer();
        if (jpeg.length <= bounds.maxBytes) return jpeg;
      }
      throw new Error(`${size.width}×${size.height} pixels do not fit into ${bounds.maxBytes} bytes`);
    },
  };
}

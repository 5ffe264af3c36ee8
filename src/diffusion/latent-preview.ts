/**
 * @file A small picture of latents without a decoder: each colour is a linear map of the four channels, which is fitted
 * to what the checkpoint's own VAE made of a picture. Knows no network and no schedule.
 */
import { expectShape } from "../tensor/expect-shape.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { type LinearFit, leastSquares } from "./least-squares.js";
import type { ImageTensor, Latents } from "./networks.js";

/** Red, green and blue in −1 … 1 from the four channels of scaled latents. Plain data. */
export type PreviewMap = readonly [red: LinearFit, green: LinearFit, blue: LinearFit];

const LATENT_CHANNELS = 4;

/**
 * The map that comes closest to `image`, `[1, 3, H, W]` in −1 … 1, averaged over the block of pixels that each of its
 * scaled `latents`, `[1, 4, h, w]`, stands for. Throws RangeError when H and W are not whole multiples of h and w.
 */
export function fitPreview(latents: Latents, image: ImageTensor): PreviewMap {
  const [, , height = 0, width = 0] = latents.shape;
  expectShape("latents", latents.shape, [1, LATENT_CHANNELS, height, width]);
  const channels = planes(latents.data, LATENT_CHANNELS);
  const [red, green, blue] = planes(blockMeans(image, height, width), 3).map((target) =>
    leastSquares(channels, target),
  );
  if (!(red && green && blue)) throw new Error("a colour is missing; this is a bug");
  return [red, green, blue];
}

/** One pixel for each of `latents`, `[1, 4, h, w]`, scaled; clamped to 0 … 255. */
export function applyPreview(map: PreviewMap, latents: Latents): RgbImage {
  const [, , height = 0, width = 0] = latents.shape;
  expectShape("latents", latents.shape, [1, LATENT_CHANNELS, height, width]);
  const plane = height * width;
  // a store clamps and rounds
  const levels = new Uint8ClampedArray(3 * plane);
  for (const [colour, { coefficients, intercept }] of map.entries()) {
    const [a = 0, b = 0, c = 0, d = 0] = coefficients;
    for (let i = 0; i < plane; i++) {
      const value =
        intercept +
        a * (latents.data[i] ?? 0) +
        b * (latents.data[plane + i] ?? 0) +
        c * (latents.data[2 * plane + i] ?? 0) +
        d * (latents.data[3 * plane + i] ?? 0);
      levels[3 * i + colour] = (value / 2 + 0.5) * 255;
    }
  }
  return { width, height, data: new Uint8Array(levels.buffer) };
}

/** `[3, height, width]`: the means of the image's blocks. */
function blockMeans(image: ImageTensor, height: number, width: number): Float64Array {
  const [, , imageHeight = 0, imageWidth = 0] = image.shape;
  expectShape("image", image.shape, [1, 3, imageHeight, imageWidth]);
  const [blockHeight, blockWidth] = [imageHeight / height, imageWidth / width];
  if (!(Number.isInteger(blockHeight) && Number.isInteger(blockWidth))) {
    throw new RangeError(
      `${imageHeight}x${imageWidth} pixels are no whole blocks for ${height}x${width} latents; this is a bug`,
    );
  }
  const means = new Float64Array(3 * height * width);
  const share = 1 / (blockHeight * blockWidth);
  for (let row = 0; row < 3 * imageHeight; row++) {
    const target = Math.floor(row / blockHeight) * width;
    for (let x = 0; x < imageWidth; x++) {
      const i = target + Math.floor(x / blockWidth);
      means[i] = (means[i] ?? 0) + share * (image.data[row * imageWidth + x] ?? 0);
    }
  }
  return means;
}

/** Views of `count` equal parts. */
function planes<Data extends Float32Array | Float64Array>(data: Data, count: number): ArrayLike<number>[] {
  const length = data.length / count;
  return Array.from({ length: count }, (_, i) => data.subarray(i * length, (i + 1) * length));
}

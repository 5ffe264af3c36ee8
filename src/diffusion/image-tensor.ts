/**
 * @file 8-bit pixels as the VAE's encoder takes them. Knows no resampling.
 *
 * Matches: diffusers `VaeImageProcessor.preprocess` after its resize, and `masked_image` of
 * `StableDiffusionInpaintPipeline.__call__`.
 */
import type { Mask } from "../tensor/mask.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { tensor } from "../tensor/tensor.js";
import type { ImageTensor } from "./networks.js";

/** `2·(v/255) − 1` for each byte, rounded to float32 after every operation as numpy and torch do. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, v) => 2 * Math.fround(v / 255) - 1);

/** `[1, 3, height, width]` in −1 … 1; 0, a mid-grey, inside `hole` where one is given (of the image's size). */
export function imageTensor(image: RgbImage, hole?: Mask): ImageTensor {
  const { width, height, data } = image;
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let i = 0, p = 0; i < plane; i++, p += 3) {
    if (hole?.data[i] !== 1) {
      out[i] = NORMALIZED[data[p] ?? 0] ?? 0;
      out[plane + i] = NORMALIZED[data[p + 1] ?? 0] ?? 0;
      out[2 * plane + i] = NORMALIZED[data[p + 2] ?? 0] ?? 0;
    }
  }
  return tensor([1, 3, height, width], out);
}

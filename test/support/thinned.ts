/** @file Large golden images are stored by every so many pixels: enough to see any error, a fraction of the bytes. */
import type { RgbImage } from "../../src/tensor/rgb-image.js";

/** Every `stride`-th pixel of every `stride`-th row. */
export function thinned({ width, height, data }: RgbImage, stride: number): RgbImage {
  const kept: number[] = [];
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x < width; x += stride) {
      const at = (y * width + x) * 3;
      kept.push(...data.subarray(at, at + 3));
    }
  }
  return {
    width: Math.ceil(width / stride),
    height: Math.ceil(height / stride),
    data: Uint8Array.from(kept),
  };
}

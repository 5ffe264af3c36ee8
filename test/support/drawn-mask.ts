/** @file Masks drawn from rectangles, as test/scripts/goldens/crops.py draws them. */
import { z } from "zod";
import type { RgbImage } from "../../src/tensor/rgb-image.js";

/** left, top, right, bottom, grey level */
export const rectangle = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);

export function drawnMask(
  [width, height]: readonly [number, number],
  rectangles: readonly z.infer<typeof rectangle>[],
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (const [left, top, right, bottom, level] of rectangles) {
    for (let y = top; y < bottom; y++) data.fill(level, (y * width + left) * 3, (y * width + right) * 3);
  }
  return { width, height, data };
}

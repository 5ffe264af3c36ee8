/** @file Luminance of 8-bit RGB in Pillow's integer arithmetic (`Image.convert("L")`). Knows no threshold. */
import type { RgbImage } from "./rgb-image.js";

/** ITU-R 601 weights in 1/65536, as Pillow's Convert.c has them; they add up to 65536. */
const RED_WEIGHT = 19_595;
const GREEN_WEIGHT = 38_470;
const BLUE_WEIGHT = 7_471;
const HALF = 0x8000;

/** One byte a pixel, `width * height`, rounded half up. */
export function luminance(image: RgbImage): Uint8Array {
  const { data } = image;
  const grey = new Uint8Array(image.width * image.height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    const weighted =
      (data[p] ?? 0) * RED_WEIGHT + (data[p + 1] ?? 0) * GREEN_WEIGHT + (data[p + 2] ?? 0) * BLUE_WEIGHT;
    grey[i] = (weighted + HALF) >> 16;
  }
  return grey;
}

/** @file CMYK pixels to RGB by plain subtraction. Knows no ink profile. */

import { inSlices, type Sliced } from "../async/in-slices.js";

/** Made in a millisecond or two. */
export const SLICE_PIXELS = 2 ** 17;

/** `a * b / 255`, rounded as Pillow's MULDIV255 does it in integers. */
function multiplyDivide255(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

function convert(cmyk: Uint8Array, rgb: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const white = 255 - (cmyk[i * 4 + 3] ?? 0);
    for (let c = 0; c < 3; c++) {
      rgb[i * 3 + c] = white - multiplyDivide255(cmyk[i * 4 + c] ?? 0, white);
    }
  }
}

/** As `cmykToRgb`, with SLICE_PIXELS between two yields. */
export function* cmykSlices(cmyk: Uint8Array): Sliced<Uint8Array> {
  const pixels = Math.floor(cmyk.length / 4);
  const rgb = new Uint8Array(pixels * 3);
  for (let from = 0; from < pixels; from += SLICE_PIXELS) {
    if (from > 0) yield;
    convert(cmyk, rgb, from, Math.min(pixels, from + SLICE_PIXELS));
  }
  return rgb;
}

/**
 * `cmyk` holds 4 bytes a pixel, 0 = no ink; the result 3 bytes a pixel. 16 million pixels take 120 ms, between which the
 * event loop turns.
 * Matches: Pillow `cmyk2rgb` (src/libImaging/Convert.c), which is what the reference's `convert("RGB")` runs.
 */
export function cmykToRgb(cmyk: Uint8Array): Promise<Uint8Array> {
  return inSlices(cmykSlices(cmyk));
}

/** @file CMYK pixels to RGB by plain subtraction. Knows no ink profile. */

/** `a * b / 255`, rounded as Pillow's MULDIV255 does it in integers. */
function multiplyDivide255(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/**
 * `cmyk` holds 4 bytes a pixel, 0 = no ink; the result 3 bytes a pixel.
 * Matches: Pillow `cmyk2rgb` (src/libImaging/Convert.c), which is what the reference's `convert("RGB")` runs.
 */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixels = Math.floor(cmyk.length / 4);
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const white = 255 - (cmyk[i * 4 + 3] ?? 0);
    for (let c = 0; c < 3; c++) {
      rgb[i * 3 + c] = white - multiplyDivide255(cmyk[i * 4 + c] ?? 0, white);
    }
  }
  return rgb;
}

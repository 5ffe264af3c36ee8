/**
 * @file A picture to learn a VAE's colours from: every hue and brightness, some in gradients and some in patches. Knows
 * no VAE.
 */
import type { RgbImage } from "../tensor/rgb-image.js";

const PATCHES_PER_ROW = 4;

/**
 * A square of `size` ≥ 4 pixels, always the same. Above, hues from left to right, from dark at the top over pure to pale;
 * below, two rows of four patches, the corners of the colour cube, each a quarter as wide as the picture: at 64 pixels
 * that is two latents wide and high, so an encoder that sees past its own block still sees flat colour.
 */
export function previewPicture(size: number): RgbImage {
  const data = new Uint8Array(3 * size * size);
  const half = size / 2;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const colour =
        y < half
          ? hueAt(x / size, (y + 0.5) / half)
          : cornerAt(Math.floor((x * PATCHES_PER_ROW) / size), y < half + size / 4 ? 0 : 1);
      data.set(colour, 3 * (y * size + x));
    }
  }
  return { width: size, height: size, data };
}

/** Hue 0 … 1 once round the circle; lightness 0 is black, 0.5 the pure colour, 1 white. */
function hueAt(hue: number, lightness: number): number[] {
  const chroma = 1 - Math.abs(2 * lightness - 1);
  return [0, 2, 4].map((shift) => {
    // 0 … 6 round the circle: two sixths full, one falling, two none, one rising
    const sixth = (6 * hue - shift + 12) % 6;
    const distance = Math.min(sixth, 6 - sixth);
    const strength = Math.min(Math.max(2 - distance, 0), 1);
    return Math.round(255 * (lightness + chroma * (strength - 0.5)));
  });
}

/** Black, red, green, yellow; and in the second row white, cyan, magenta, blue, so that opposites touch. */
function cornerAt(column: number, row: number): number[] {
  return [1, 2, 4].map((bit) => (((column & bit) !== 0) !== (row === 1) ? 255 : 0));
}

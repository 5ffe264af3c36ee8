/** @file Pictures whose measures are known: of one colour, of noise, with a square hole. */

import type { Mask } from "../../../models/scenes/masks/mask.js";
import { fractalNoise } from "../../../models/scenes/noise.js";
import { Random } from "../../../models/scenes/random.js";
import type { RgbImage } from "../../../src/tensor/rgb-image.js";

export const SIDE = 128;

export const picture = (
  valueAt: (x: number, y: number, channel: number) => number,
  side = SIDE,
): RgbImage => ({
  width: side,
  height: side,
  data: Uint8Array.from({ length: side * side * 3 }, (_, i) =>
    Math.min(255, Math.max(0, valueAt(Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3))),
  ),
});

/** The middle half in each direction. */
export const squareHole = (side = SIDE): Mask => ({
  width: side,
  height: side,
  bytes: Uint8Array.from({ length: side * side }, (_, i) => {
    const inside = (at: number) => at >= side / 4 && at < (3 * side) / 4;
    return inside(i % side) && inside(Math.floor(i / side)) ? 255 : 0;
  }),
});

/** `inner` in the hole of `outer`. */
export const filled = (outer: RgbImage, inner: RgbImage, { bytes }: Mask): RgbImage => ({
  ...outer,
  data: outer.data.map((value, i) => (bytes[Math.floor(i / 3)] === 0 ? value : (inner.data[i] ?? 0))),
});

/** A texture with about a 1/f spectrum, in one hue; the same kind for every seed. */
export function texture(seed: number, contrast = 25): RgbImage {
  const noise = fractalNoise(new Random(seed), SIDE, SIDE, {
    cellWidth: 24,
    cellHeight: 24,
    gain: 0.8,
    octaves: 5,
  });
  return picture((x, y, channel) => 120 - 20 * channel + contrast * (noise[y * SIDE + x] ?? 0));
}

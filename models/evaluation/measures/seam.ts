/**
 * @file The step that the local mean colour makes across a hole's edge. Knows nothing of how the hole was filled.
 *
 * It looks beyond the rim in which a server with its defaults mixes what it painted with what was sent: there every
 * fill goes smoothly over into its surroundings (`edgeJump` sees no more than that). Means over many pixels let a
 * step of colour show that single pixels of a texture would drown.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { BEYOND_FEATHER_PIXELS } from "./beyond-feather.js";
import { distanceInside, distanceOutside } from "./hole-distances.js";

/** Distances and sizes in pixels of a picture this wide; in another as much larger or smaller. */
const SCALE_SIDE = 512;
const INSIDE = { nearest: 6, farthest: 14 };
const OUTSIDE = { nearest: 2, farthest: 10 };
/** Of a square, what each ring must have for a mean of its own. */
const LEAST_SHARE = 1 / 16;

/**
 * The mean over all squares along the edge of the difference (mean over the channels, 0 … 255) between the mean colours
 * of the ring inside and of the ring outside. Throws RangeError for a mask without an edge that has room for both.
 */
export function seam(image: RgbImage, mask: Mask): number {
  const { width, height } = mask;
  const scale = width / SCALE_SIDE;
  const nearest = Math.max(BEYOND_FEATHER_PIXELS, INSIDE.nearest * scale);
  const farthest = nearest + (INSIDE.farthest - INSIDE.nearest) * scale;
  const inside = ringOf(distanceInside(mask), { nearest, farthest });
  const outside = ringOf(distanceOutside(mask), {
    nearest: OUTSIDE.nearest * scale,
    farthest: OUTSIDE.farthest * scale,
  });
  // wide enough for both rings: what is compared lies near each other along the edge too
  const block = 2 * Math.ceil(farthest);
  const steps: number[] = [];
  for (let top = 0; top + block <= height; top += block / 2)
    for (let left = 0; left + block <= width; left += block / 2) {
      const pixels = blockPixels(left, top, block, width);
      const here = pixels.filter((pixel) => inside[pixel] === 1);
      const there = pixels.filter((pixel) => outside[pixel] === 1);
      if (Math.min(here.length, there.length) < LEAST_SHARE * block * block) continue;
      steps.push(stepBetween(meanColour(image, here), meanColour(image, there)));
    }
  if (steps.length === 0) throw new RangeError("the mask has no edge to look at");
  return steps.reduce((sum, step) => sum + step, 0) / steps.length;
}

interface Ring {
  readonly nearest: number;
  readonly farthest: number;
}

/** 1 for every pixel within the ring. */
const ringOf = (distances: Float32Array, { nearest, farthest }: Ring): Uint8Array =>
  Uint8Array.from(distances, (distance) => (distance >= nearest && distance <= farthest ? 1 : 0));

const blockPixels = (left: number, top: number, side: number, width: number): readonly number[] =>
  Array.from({ length: side * side }, (_, i) => (top + Math.floor(i / side)) * width + left + (i % side));

function meanColour({ data }: RgbImage, pixels: readonly number[]): readonly number[] {
  const sums = [0, 0, 0];
  for (const pixel of pixels)
    for (let c = 0; c < 3; c++) sums[c] = (sums[c] ?? 0) + (data[pixel * 3 + c] ?? 0);
  return sums.map((sum) => sum / pixels.length);
}

const stepBetween = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, c) => sum + Math.abs(value - (other[c] ?? 0)), 0) / one.length;

/**
 * @file Which of the named colours a filled hole has most of, by its saturated pixels. Knows no prompt.
 *
 * A pixel is saturated when its chroma, the difference between its largest and its smallest channel (HSV saturation
 * times value), is at least `LEAST_CHROMA`. One threshold on the product serves better than one on each factor: dark
 * grass and dark brick have a high HSV saturation and pale pink has a low one, but grass and brick have little chroma.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { HUE_NAMES, HUES, type HueName } from "../../scenes/colour.js";
import type { Mask } from "../../scenes/masks/mask.js";

/** Of 255. */
const LEAST_CHROMA = 102;
/**
 * A hue that less of the hole has than this is a speck. The generator's own objects, one in each steering case where the
 * hole has room, have 16 % in the middle and more than this in 98 of 100; the fewest have stars and flowers on a stem.
 */
const LEAST_SHARE = 0.05;
/** Of all saturated pixels that are new: several colours side by side are none of them. */
const LEAST_MAJORITY = 0.5;

export type HueCounts = Readonly<Record<HueName, number>>;

/**
 * The hue of most of the saturated pixels that the hole of `result` has beyond those that the untouched `background` has
 * there; undefined when they are too few for the hole, or no half of all the new ones.
 */
export function dominantHue(result: RgbImage, background: RgbImage, mask: Mask): HueName | undefined {
  const found = hueCounts(result, mask);
  const before = hueCounts(background, mask);
  const added = HUE_NAMES.map((name) => ({ name, count: Math.max(0, found[name] - before[name]) }));
  const all = added.reduce((sum, { count }) => sum + count, 0);
  const least = Math.max(LEAST_SHARE * holePixels(mask), LEAST_MAJORITY * all);
  const most = added.reduce((best, next) => (next.count > best.count ? next : best));
  return most.count > 0 && most.count >= least ? most.name : undefined;
}

/** How many saturated pixels of the hole are nearest to each named hue on the circle. */
export function hueCounts({ data }: RgbImage, { bytes }: Mask): HueCounts {
  const counts = { red: 0, orange: 0, yellow: 0, green: 0, turquoise: 0, blue: 0, purple: 0, pink: 0 };
  for (let pixel = 0; pixel < bytes.length; pixel++) {
    if (bytes[pixel] === 0) continue;
    const hue = saturatedHue(data[pixel * 3] ?? 0, data[pixel * 3 + 1] ?? 0, data[pixel * 3 + 2] ?? 0);
    if (hue !== undefined) counts[nearestName(hue)]++;
  }
  return counts;
}

/** Degrees on the HSV circle, 0 … 360; undefined for a pixel that is not saturated. */
function saturatedHue(red: number, green: number, blue: number): number | undefined {
  const highest = Math.max(red, green, blue);
  const chroma = highest - Math.min(red, green, blue);
  if (chroma < LEAST_CHROMA) return undefined;
  if (highest === red) return (60 * ((green - blue) / chroma) + 360) % 360;
  if (highest === green) return 60 * ((blue - red) / chroma) + 120;
  return 60 * ((red - green) / chroma) + 240;
}

/** The name for each whole degree: a hole has many pixels. */
const NAME_AT: readonly HueName[] = Array.from({ length: 361 }, (_, degree) => {
  const distance = (name: HueName) => {
    const apart = Math.abs(HUES[name].hue - degree) % 360;
    return Math.min(apart, 360 - apart);
  };
  return HUE_NAMES.reduce((best, name) => (distance(name) < distance(best) ? name : best));
});

const nearestName = (hue: number): HueName => NAME_AT[Math.round(hue)] ?? "red";

function holePixels({ bytes }: Mask): number {
  let count = 0;
  for (const value of bytes) if (value !== 0) count++;
  return count;
}

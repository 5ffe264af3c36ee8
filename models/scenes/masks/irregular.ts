/**
 * @file Holes of strokes and boxes, and the whole picture. Knows no object.
 *
 * After LaMa (Suvorov et al. 2022, "Resolution-robust Large Mask Inpainting with Fourier Convolutions";
 * saicinpainting/training/data/masks.py): `irregularMask` and `boxMask`. They differ in that lengths and widths are
 * shares of the picture, a stroke keeps its width, and it zigzags from segment to segment where LaMa's does from
 * stroke to stroke.
 * Ours, for requests as people make them: `brushedMask`, `boxAround`, `wholeMask`.
 */
import type { Random } from "../random.js";
import { type Mask, maskOf } from "./mask.js";

/** A part of the picture that strokes keep to, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const coordinate = (value: number): string => value.toFixed(1);

/** A walk of thick segments within `region`; each leaves at an angle of up to 4 radians, left and right by turns. */
function stroke(random: Random, region: Region, thickness: number): string {
  const reach = Math.max(region.width, region.height);
  let x = region.left + random.uniform(0, region.width);
  let y = region.top + random.uniform(0, region.height);
  const points = [`${coordinate(x)},${coordinate(y)}`];
  const segments = 2 + random.integer(5);
  for (let i = 0; i < segments; i++) {
    const turn = random.uniform(0, 4);
    const angle = i % 2 === 0 ? 2 * Math.PI - turn : turn;
    const length = random.uniform(0.2, 0.7) * reach;
    x = Math.min(region.left + region.width, Math.max(region.left, x + length * Math.sin(angle)));
    y = Math.min(region.top + region.height, Math.max(region.top, y + length * Math.cos(angle)));
    points.push(`${coordinate(x)},${coordinate(y)}`);
  }
  return `<polyline points="${points.join(" ")}" fill="none" stroke="white" stroke-width="${coordinate(thickness)}" stroke-linecap="round" stroke-linejoin="round"/>`;
}

/** One to four strokes anywhere in the picture. */
export function irregularMask(random: Random, width: number, height: number): Promise<Mask> {
  const side = Math.min(width, height);
  const everywhere = { left: 0, top: 0, width, height };
  const strokes = Array.from({ length: 1 + random.integer(4) }, () =>
    stroke(random, everywhere, random.uniform(0.08, 0.3) * side),
  );
  return maskOf(width, height, strokes.join(""));
}

/** Strokes that together cover `region` and what is around it, as somebody with a broad brush would. */
export function brushedMask(random: Random, width: number, height: number, region: Region): Promise<Mask> {
  const side = Math.min(region.width, region.height);
  const rows = 2 + random.integer(2);
  const thickness = (1.25 * region.height) / rows;
  const passes = Array.from({ length: rows }, (_, i) => {
    const y = region.top + ((i + 0.5) * region.height) / rows;
    const wobble = () => coordinate(y + random.uniform(-0.08, 0.08) * region.height);
    const overhang = () => random.uniform(-0.12, 0.12) * region.width;
    const from = region.left + 0.25 * thickness + overhang();
    const to = region.left + region.width - 0.25 * thickness + overhang();
    return `<polyline points="${coordinate(from)},${wobble()} ${coordinate((from + to) / 2)},${wobble()} ${coordinate(to)},${wobble()}" fill="none" stroke="white" stroke-width="${coordinate(thickness * random.uniform(0.9, 1.2))}" stroke-linecap="round" stroke-linejoin="round"/>`;
  });
  const extra = random.chance(0.4) ? stroke(random, region, random.uniform(0.3, 0.6) * side) : "";
  return maskOf(width, height, passes.join("") + extra);
}

/** One to four boxes. */
export function boxMask(random: Random, width: number, height: number): Promise<Mask> {
  const boxes = Array.from({ length: 1 + random.integer(4) }, () => {
    const w = random.uniform(0.12, 0.6) * width;
    const h = random.uniform(0.12, 0.6) * height;
    return `<rect x="${coordinate(random.uniform(0, width - w))}" y="${coordinate(random.uniform(0, height - h))}" width="${coordinate(w)}" height="${coordinate(h)}" fill="white"/>`;
  });
  return maskOf(width, height, boxes.join(""));
}

/** A box around `region`, a little larger. */
export function boxAround(random: Random, width: number, height: number, region: Region): Promise<Mask> {
  const margin = () => random.uniform(0.02, 0.25);
  const x = region.left - margin() * region.width;
  const y = region.top - margin() * region.height;
  const right = region.left + region.width * (1 + margin());
  const bottom = region.top + region.height * (1 + margin());
  return maskOf(
    width,
    height,
    `<rect x="${coordinate(x)}" y="${coordinate(y)}" width="${coordinate(right - x)}" height="${coordinate(bottom - y)}" fill="white"/>`,
  );
}

/** Everything. */
export const wholeMask = (width: number, height: number): Mask => ({
  width,
  height,
  bytes: new Uint8Array(width * height).fill(255),
});

/** @file Planks of wood, lying or standing. */
import { darker, hsl, mix } from "../colour.js";
import { fractalNoise } from "../noise.js";
import { painted } from "../raster.js";
import type { BackgroundPainter } from "./background.js";

export const wood: BackgroundPainter = (random, width, height, scale) => {
  const standing = random.chance(0.4);
  const along = standing ? height : width;
  const across = standing ? width : height;
  const weathered = random.chance(0.25);
  const hue = random.uniform(18, 36);
  const saturation = weathered ? random.uniform(0.03, 0.12) : random.uniform(0.25, 0.5);
  const lightness = random.uniform(0.25, 0.55);
  const plank = random.uniform(24, 70) * scale;
  const gap = Math.max(1, random.uniform(0.8, 2) * scale);
  // drawn along the grain, read out lying or standing
  const fibre = fractalNoise(random, along, across, {
    cellWidth: random.uniform(60, 140) * scale,
    cellHeight: random.uniform(5, 10) * scale,
    gain: 0.75,
    octaves: 4,
  });
  const bend = fractalNoise(random, along, across, {
    cellWidth: 120 * scale,
    cellHeight: 30 * scale,
    gain: 0.5,
    octaves: 2,
  });
  const ringWidth = random.uniform(4, 9) * scale;
  const planks = Array.from({ length: Math.ceil(across / plank) + 2 }, () => random.uniform(-0.07, 0.07));
  const start = random.uniform(0, plank);
  const raster = painted(width, height, (x, y) => {
    const u = standing ? y : x;
    const v = standing ? x : y;
    const i = v * along + u;
    const position = v + start;
    const index = Math.floor(position / plank);
    const tone = lightness + (planks[index] ?? 0);
    const ring = Math.sin((position + 14 * scale * (bend[i] ?? 0)) * (Math.PI / ringWidth) + index * 2.3);
    const shade = 0.5 + 0.16 * ring + 0.2 * (fibre[i] ?? 0);
    const surface = mix(hsl(hue - 3, saturation, tone - 0.1), hsl(hue + 4, saturation, tone + 0.1), shade);
    const edge = Math.min(position - index * plank, (index + 1) * plank - position);
    return edge < gap ? darker(surface, 0.6 * (1 - edge / gap) + 0.15) : surface;
  });
  return {
    raster,
    matter: random.pick(["wood", "wooden planks", "wooden boards", "a wooden surface"]),
    place: random.pick([
      "a wooden table",
      "a wooden floor",
      "wooden planks",
      "a wooden wall",
      "a wooden bench",
    ]),
  };
};

/** @file Surfaces that repeat: bricks, striped and checked cloth. */
import { darker, hsl, mix, type Rgb } from "../colour.js";
import { fractalNoise } from "../noise.js";
import type { Random } from "../random.js";
import { painted } from "../raster.js";
import type { BackgroundPainter } from "./background.js";

export const brick: BackgroundPainter = (random, width, height, scale) => {
  const brickWidth = random.uniform(34, 60) * scale;
  const brickHeight = brickWidth * random.uniform(0.32, 0.5);
  const joint = random.uniform(1.5, 3.5) * scale;
  const hue = random.uniform(5, 24);
  const saturation = random.uniform(0.2, 0.45);
  const lightness = random.uniform(0.28, 0.48);
  const mortar = hsl(35, 0.08, random.uniform(0.55, 0.78));
  const texture = fractalNoise(random, width, height, {
    cellWidth: 14 * scale,
    cellHeight: 14 * scale,
    gain: 0.8,
    octaves: 4,
  });
  const [startX, startY] = [random.uniform(0, brickWidth), random.uniform(0, brickHeight)];
  const tones = Array.from({ length: 509 }, () => random.uniform(-0.07, 0.07));
  const raster = painted(width, height, (x, y, pixel) => {
    const row = Math.floor((y + startY) / brickHeight);
    const u = x + startX + (row % 2) * 0.5 * brickWidth;
    const column = Math.floor(u / brickWidth);
    const inX = u - column * brickWidth;
    const inY = y + startY - row * brickHeight;
    const edge = Math.min(inX, brickWidth - inX, inY, brickHeight - inY) - joint / 2;
    const rough = texture[pixel] ?? 0;
    const face = hsl(
      hue,
      saturation,
      lightness + (tones[(row * 31 + column * 17) % 509] ?? 0) + 0.045 * rough,
    );
    return mix(darker(mortar, 0.08 - 0.05 * rough), face, Math.min(1, Math.max(0, edge + 0.5)));
  });
  return {
    raster,
    matter: random.pick(["bricks", "a brick wall"]),
    place: random.pick(["a brick wall", "bricks", "a wall of bricks"]),
  };
};

/** Two muted colours of cloth with its weave. */
function cloth(random: Random): readonly [Rgb, Rgb] {
  const hue = random.uniform(0, 360);
  const saturation = random.uniform(0, 0.25);
  const light = random.uniform(0.65, 0.9);
  return [
    hsl(hue, saturation, light),
    hsl(hue + random.uniform(-40, 40), saturation, light - random.uniform(0.2, 0.5)),
  ];
}

/** 0 and 1 by turns along `position`, with a soft edge of a pixel. */
function band(position: number, period: number): number {
  const phase = Math.abs((((position / period) % 1) + 1) % 1);
  const edge = 0.7 / period;
  if (phase < 0.5) return Math.min(1, phase / edge, (0.5 - phase) / edge + 0.5);
  return Math.max(0, 0.5 - (phase - 0.5) / edge);
}

export const stripes: BackgroundPainter = (random, width, height, scale) => {
  const [light, dark] = cloth(random);
  const period = random.uniform(12, 44) * scale;
  const angle = random.pick([0, Math.PI / 2, Math.PI / 4, random.uniform(0, Math.PI)]);
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const weave = fractalNoise(random, width, height, { cellWidth: 3, cellHeight: 3, gain: 0.9, octaves: 2 });
  const raster = painted(width, height, (x, y, pixel) =>
    darker(mix(light, dark, band(x * dx + y * dy, period)), 0.05 + 0.03 * (weave[pixel] ?? 0)),
  );
  return {
    raster,
    matter: random.pick(["stripes", "striped cloth"]),
    place: random.pick(["striped cloth", "a striped background", "stripes"]),
  };
};

export const checks: BackgroundPainter = (random, width, height, scale) => {
  const [light, dark] = cloth(random);
  const period = random.uniform(20, 60) * scale;
  const chess = random.chance(0.5);
  const weave = fractalNoise(random, width, height, { cellWidth: 3, cellHeight: 3, gain: 0.9, octaves: 2 });
  const raster = painted(width, height, (x, y, pixel) => {
    const across = band(x, period);
    const down = band(y, period);
    const share = chess ? across + down - 2 * across * down : 0.5 * (across + down);
    return darker(mix(light, dark, share), 0.05 + 0.03 * (weave[pixel] ?? 0));
  });
  return {
    raster,
    matter: random.pick(["checks", "checked cloth"]),
    place: random.pick(["a checked cloth", "a chequered floor", "checks"]),
  };
};

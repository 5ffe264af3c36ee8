/** @file Sky above ground, and sky alone. */
import { hsl, lighter, mix } from "../colour.js";
import { fractalNoise } from "../noise.js";
import type { Random } from "../random.js";
import { Raster } from "../raster.js";
import type { BackgroundPainter } from "./background.js";
import { grassRaster, sand } from "./surfaces.js";

function paintSky(random: Random, raster: Raster, rows: number, scale: number): void {
  const { width } = raster;
  const hue = random.uniform(200, 222);
  const saturation = random.uniform(0.08, 0.5);
  const top = hsl(hue, saturation, random.uniform(0.5, 0.75));
  const bottom = lighter(top, random.uniform(0.3, 0.7));
  const cloudiness = random.chance(0.6) ? random.uniform(0.1, 0.4) : 0;
  const clouds = fractalNoise(random, width, rows, {
    cellWidth: 110 * scale,
    cellHeight: 45 * scale,
    gain: 0.6,
    octaves: 6,
  });
  for (let y = 0, pixel = 0; y < rows; y++)
    for (let x = 0; x < width; x++, pixel++) {
      const cloud = Math.min(1, Math.max(0, (clouds[pixel] ?? 0) * cloudiness + cloudiness * 0.6));
      raster.blend(pixel, mix(mix(top, bottom, y / rows), [0.96, 0.96, 0.97], cloud), 1);
    }
}

export const sky: BackgroundPainter = (random, width, height, scale) => {
  const raster = new Raster(width, height);
  paintSky(random, raster, height, scale);
  return {
    raster,
    matter: random.pick(["sky", "the sky", "clouds"]),
    place: random.pick(["the sky", "a cloudy sky"]),
  };
};

/** A horizon, often with a far row of trees on it. */
export const landscape: BackgroundPainter = (random, width, height, scale) => {
  const horizon = Math.round(height * random.uniform(0.2, 0.6));
  const ground = random.chance(0.75)
    ? { raster: grassRaster(random, width, height, scale, random.chance(0.5)), name: "a meadow" }
    : { raster: sand(random, width, height, scale).raster, name: "a beach" };
  const { raster } = ground;
  paintSky(random, raster, horizon, scale);
  if (random.chance(0.6)) {
    const height0 = random.uniform(4, 22) * scale;
    const ridge = fractalNoise(random, width, 1, {
      cellWidth: 50 * scale,
      cellHeight: 1,
      gain: 0.7,
      octaves: 6,
    });
    const far = hsl(random.uniform(60, 160), random.uniform(0.05, 0.25), random.uniform(0.15, 0.35));
    for (let x = 0; x < width; x++) {
      const top = Math.max(0, Math.round(horizon - height0 * (1 + 0.45 * (ridge[x] ?? 0))));
      for (let y = top; y < horizon; y++) raster.blend(y * width + x, far, 0.9);
    }
  }
  return {
    raster,
    matter: random.pick([`${ground.name} under the sky`, `sky over ${ground.name}`, "a landscape"]),
    place: random.pick([ground.name, "a field", "a landscape"]),
    horizon,
  };
};

/** @file Surfaces without an order of their own: grass, sand, stone, plain walls. */
import { hsl, mix, type Rgb } from "../colour.js";
import { fractalNoise } from "../noise.js";
import type { Random } from "../random.js";
import { painted, type Raster } from "../raster.js";
import type { BackgroundPainter } from "./background.js";

/** A colour that wanders between `dark` and `light` with two noises: blobs, and what they are made of. */
function mottled(
  width: number,
  height: number,
  [dark, light]: readonly [Rgb, Rgb],
  blobs: Float32Array,
  grain: Float32Array,
  shares: { readonly blobs: number; readonly grain: number },
): Raster {
  return painted(width, height, (_x, _y, pixel) =>
    mix(dark, light, 0.5 + shares.blobs * (blobs[pixel] ?? 0) + shares.grain * (grain[pixel] ?? 0)),
  );
}

/** Blades: noise drawn out upwards. */
export function grassRaster(
  random: Random,
  width: number,
  height: number,
  scale: number,
  dry: boolean,
): Raster {
  const hue = dry ? random.uniform(34, 48) : random.uniform(75, 115);
  const saturation = dry ? random.uniform(0.15, 0.4) : random.uniform(0.18, 0.44);
  const lightness = random.uniform(0.28, 0.46);
  const contrast = random.uniform(0.08, 0.19);
  const blobs = fractalNoise(random, width, height, {
    cellWidth: 60 * scale,
    cellHeight: 40 * scale,
    gain: 0.7,
    octaves: 4,
  });
  const blades = fractalNoise(random, width, height, {
    cellWidth: random.uniform(2.5, 5) * scale,
    cellHeight: random.uniform(10, 26) * scale,
    gain: 0.75,
    octaves: 3,
  });
  const dark = hsl(hue + 8, saturation, lightness - contrast);
  const light = hsl(hue - 8, saturation, lightness + contrast);
  return mottled(width, height, [dark, light], blobs, blades, { blobs: 0.16, grain: 0.24 });
}

export const grass: BackgroundPainter = (random, width, height, scale) => {
  const dry = random.chance(0.4);
  return {
    raster: grassRaster(random, width, height, scale, dry),
    matter: random.pick(
      dry ? ["dry grass", "grass", "straw", "a field of dry grass"] : ["grass", "green grass", "a lawn"],
    ),
    place: random.pick(
      dry ? ["dry grass", "a field", "the grass"] : ["the grass", "grass", "a lawn", "a meadow"],
    ),
  };
};

export const sand: BackgroundPainter = (random, width, height, scale) => {
  const hue = random.uniform(30, 45);
  const saturation = random.uniform(0.15, 0.38);
  const lightness = random.uniform(0.5, 0.72);
  const blobs = fractalNoise(random, width, height, {
    cellWidth: 90 * scale,
    cellHeight: 50 * scale,
    gain: 0.6,
    octaves: 4,
  });
  const grain = fractalNoise(random, width, height, { cellWidth: 3, cellHeight: 3, gain: 0.8, octaves: 2 });
  const ends = [hsl(hue, saturation, lightness - 0.13), hsl(hue, saturation, lightness + 0.13)] as const;
  return {
    raster: mottled(width, height, ends, blobs, grain, { blobs: 0.2, grain: 0.1 }),
    matter: "sand",
    place: random.pick(["the sand", "sand", "a beach"]),
  };
};

/** 1/f noise of any muted colour: stone, concrete, plaster. */
export const stone: BackgroundPainter = (random, width, height, scale) => {
  const hue = random.uniform(0, 360);
  const saturation = random.uniform(0, 0.14);
  const lightness = random.uniform(0.25, 0.7);
  const contrast = random.uniform(0.1, 0.2);
  const blobs = fractalNoise(random, width, height, {
    cellWidth: 80 * scale,
    cellHeight: 80 * scale,
    gain: random.uniform(0.6, 0.95),
    octaves: 7,
  });
  const ends = [
    hsl(hue, saturation, lightness - contrast),
    hsl(hue, saturation, lightness + contrast),
  ] as const;
  return {
    raster: mottled(width, height, ends, blobs, blobs, { blobs: 0.28, grain: 0 }),
    matter: random.pick(["stone", "rock", "concrete"]),
    place: random.pick(["stone", "a stone wall", "a rock", "the concrete"]),
  };
};

/** A gradient with hardly any texture. */
export const wall: BackgroundPainter = (random, width, height, scale) => {
  const hue = random.uniform(0, 360);
  const saturation = random.uniform(0, 0.2);
  const from = hsl(hue, saturation, random.uniform(0.3, 0.85));
  const to = hsl(hue + random.uniform(-25, 25), saturation, random.uniform(0.3, 0.85));
  const angle = random.uniform(0, 2 * Math.PI);
  const roughness = random.uniform(0, 0.03);
  const rough = fractalNoise(random, width, height, {
    cellWidth: 40 * scale,
    cellHeight: 40 * scale,
    gain: 0.8,
    octaves: 6,
  });
  const [dx, dy] = [Math.cos(angle) / width, Math.sin(angle) / height];
  return {
    raster: painted(width, height, (x, y, pixel) => {
      const share =
        0.5 + 0.7 * ((x - width / 2) * dx + (y - height / 2) * dy) + roughness * (rough[pixel] ?? 0);
      return mix(from, to, share);
    }),
    matter: random.pick(["a plain wall", "a wall", "a plain background"]),
    place: random.pick(["a wall", "a plain wall", "a plain background"]),
  };
};

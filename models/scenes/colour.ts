/** @file Colours with names, and the hues they stand for. Knows no object. */
import type { Random } from "./random.js";

/** Red, green, blue; 0 … 1 each. */
export type Rgb = readonly [number, number, number];

interface Tone {
  /** Degrees on the HSL circle. */
  readonly hue: number;
  readonly saturation: number;
  readonly lightness: number;
}

/** The colours with a hue of their own: what a prompt is judged by. */
export const HUES = {
  red: { hue: 0, saturation: 0.85, lightness: 0.46 },
  orange: { hue: 27, saturation: 0.95, lightness: 0.52 },
  yellow: { hue: 53, saturation: 0.95, lightness: 0.52 },
  green: { hue: 125, saturation: 0.7, lightness: 0.38 },
  turquoise: { hue: 176, saturation: 0.8, lightness: 0.43 },
  blue: { hue: 222, saturation: 0.85, lightness: 0.48 },
  purple: { hue: 276, saturation: 0.7, lightness: 0.46 },
  pink: { hue: 328, saturation: 0.85, lightness: 0.64 },
} as const satisfies Record<string, Tone>;

const GREYS = {
  white: { hue: 50, saturation: 0.08, lightness: 0.92 },
  black: { hue: 230, saturation: 0.08, lightness: 0.13 },
  grey: { hue: 220, saturation: 0.04, lightness: 0.5 },
  brown: { hue: 24, saturation: 0.45, lightness: 0.3 },
} as const satisfies Record<string, Tone>;

const TONES = { ...HUES, ...GREYS };

export type HueName = keyof typeof HUES;
export type ColourName = keyof typeof TONES;

export const HUE_NAMES = Object.keys(HUES).filter((name): name is HueName => name in HUES);
export const GREY_NAMES = Object.keys(GREYS).filter((name): name is keyof typeof GREYS => name in GREYS);

/** A shade that people would call by `name`. */
export function shadeOf(random: Random, name: ColourName): Rgb {
  const tone = TONES[name];
  return hsl(
    tone.hue + random.uniform(-5, 5),
    tone.saturation * random.uniform(0.85, 1),
    tone.lightness * random.uniform(0.9, 1.08),
  );
}

/** `hue` in degrees, the others 0 … 1 (values outside are clamped). */
export function hsl(hue: number, saturation: number, lightness: number): Rgb {
  const s = clamp01(saturation);
  const l = clamp01(lightness);
  const chroma = s * Math.min(l, 1 - l);
  const channel = (n: number) => {
    const k = (((n + hue / 30) % 12) + 12) % 12;
    return l - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [channel(0), channel(8), channel(4)];
}

/** `a` at 0, `b` at 1. */
export const mix = (a: Rgb, b: Rgb, share: number): Rgb => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];

export const lighter = (colour: Rgb, share: number): Rgb => mix(colour, [1, 1, 1], share);
export const darker = (colour: Rgb, share: number): Rgb => mix(colour, [0, 0, 0], share);

/** As SVG writes it. */
export const css = (colour: Rgb): string =>
  `rgb(${colour.map((value) => Math.round(clamp01(value) * 255)).join(",")})`;

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));

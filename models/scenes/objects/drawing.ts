/** @file What the drawings of objects share: their shades, and light that falls from the upper left. Knows no object. */
import { css, darker, lighter, type Rgb } from "../colour.js";
import type { Random } from "../random.js";

/** An object's colours as SVG paints: two for an object of two colours, else both the same. */
export interface Paints {
  readonly first: Rgb;
  readonly second: Rgb;
}

/** SVG elements in a square of 100 × 100, y down. They may refer to `#body`, the shaded paint. */
export type Drawing = (random: Random, paints: Paints) => string;

/** The object's surface under light from the upper left, as the gradient `#body`. */
export function bodyGradient({ first, second }: Paints): string {
  return `<defs><radialGradient id="body" gradientUnits="userSpaceOnUse" cx="34" cy="26" r="78">
<stop offset="0" stop-color="${css(lighter(first, 0.22))}"/><stop offset="0.35" stop-color="${css(first)}"/>
<stop offset="0.75" stop-color="${css(second)}"/><stop offset="1" stop-color="${css(darker(second, 0.35))}"/>
</radialGradient></defs>`;
}

export const circle = (x: number, y: number, radius: number, fill: string): string =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"/>`;

export const ellipse = (x: number, y: number, rx: number, ry: number, fill: string): string =>
  `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"/>`;

export const polygon = (points: readonly (readonly [number, number])[], fill: string): string =>
  `<polygon points="${points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ")}" fill="${fill}"/>`;

/** `opacity` of the paint, 0 … 1. */
export const path = (d: string, fill: string, { opacity = 1 } = {}): string =>
  `<path d="${d}" fill="${fill}" fill-opacity="${opacity}"/>`;

export const line = (d: string, stroke: string, width: number): string =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round"/>`;

export const BODY = "url(#body)";

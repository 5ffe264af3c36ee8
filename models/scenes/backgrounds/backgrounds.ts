/** @file Every background there is, and how often it is drawn. */
import type { BackgroundPainter } from "./background.js";
import { landscape, sky } from "./outdoors.js";
import { brick, checks, stripes } from "./patterns.js";
import { grass, sand, stone, wall } from "./surfaces.js";
import { wood } from "./wood.js";

export const BACKGROUNDS = { grass, sand, stone, wall, wood, brick, stripes, checks, sky, landscape };

export type BackgroundName = keyof typeof BACKGROUNDS;

export const BACKGROUND_SHARES: readonly (readonly [BackgroundPainter, number])[] = [
  [grass, 18],
  [wood, 17],
  [landscape, 17],
  [brick, 10],
  [stone, 12],
  [wall, 8],
  [sand, 6],
  [sky, 4],
  [stripes, 4],
  [checks, 4],
];

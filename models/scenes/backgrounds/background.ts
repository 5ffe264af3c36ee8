/** @file What a scene stands before. Knows no particular background. */
import type { Random } from "../random.js";
import type { Raster } from "../raster.js";

export interface Background {
  readonly raster: Raster;
  /** What it is made of, as a prompt would say it alone: "grass". */
  readonly matter: string;
  /** It as a place: "a meadow". */
  readonly place: string;
  /** Row below which things stand on the ground, if there is one. */
  readonly horizon?: number;
}

/** `scale` is the size of its details: 1 for a picture of 256 pixels seen from a usual distance. */
export type BackgroundPainter = (random: Random, width: number, height: number, scale: number) => Background;

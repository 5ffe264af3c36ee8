/**
 * @file The part of a hole that a server with its defaults paints alone. Nearer to the hole's edge than the default
 * `mask_feather` its answer is a mixture with what was sent, and whoever evaluates sends what the hole hides.
 */
import { INPAINT_PARAMETERS_SCHEMA } from "../../../src/scoring/wire-types.generated.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { distanceInside } from "./hole-distances.js";

/** Pixels this far from the nearest one outside the hole, or farther, are the painted ones alone. */
export const BEYOND_FEATHER_PIXELS = INPAINT_PARAMETERS_SCHEMA.properties.mask_feather.default + 1;

/** The hole without its rim, which may leave nothing of it. */
export function beyondFeather(mask: Mask): Mask {
  const bytes = Uint8Array.from(distanceInside(mask), (distance) =>
    distance >= BEYOND_FEATHER_PIXELS ? 255 : 0,
  );
  return { width: mask.width, height: mask.height, bytes };
}

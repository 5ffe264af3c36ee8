/** @file How far pixels are from a hole's edge, within and without. The picture's own edge is none of the hole's. */
import { distanceToKept } from "../../../src/tensor/distance-to-kept.js";
import type { Mask } from "../../scenes/masks/mask.js";

/** For every pixel of the hole the distance to the nearest one outside it, for the others 0. */
export const distanceInside = ({ width, height, bytes }: Mask): Float32Array =>
  distanceToKept({ width, height, data: bytes.map((value) => (value === 0 ? 0 : 1)) });

/** For every pixel outside the hole the distance to the nearest one in it, for the others 0. */
export const distanceOutside = ({ width, height, bytes }: Mask): Float32Array =>
  distanceToKept({ width, height, data: bytes.map((value) => (value === 0 ? 1 : 0)) });

/** @file Whether a hole continues its surroundings, when the prompt says what these are made of. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { textureCase } from "../cases/texture-case.js";
import type { InpaintingServer } from "../inpainting-server.js";
import { beyondFeather } from "../measures/beyond-feather.js";
import { edgeJump } from "../measures/edge-jump.js";
import { median } from "../measures/median.js";
import { seam } from "../measures/seam.js";
import { textureOf, windowsOf } from "../measures/texture-windows.js";
import { type Progress, severalAtOnce } from "../several-at-once.js";

/** Each 1 where nothing shows. */
export interface Continuity {
  /** Mean difference across the hole's edge, over that of the untouched picture at the same places. */
  readonly edge: number;
  /** Step of the local mean colour across the edge, behind the feather, over that of the untouched picture. */
  readonly seam: number;
  /** Standard deviation within windows of the hole, behind the feather, over that of windows outside. */
  readonly deviation: number;
  /** Exponent of the power spectrum within the same windows of the hole, over that of windows outside. */
  readonly slope: number;
}

export type ContinuityMeasure = keyof Continuity;
export const CONTINUITY_MEASURES = [
  "edge",
  "seam",
  "deviation",
  "slope",
] as const satisfies readonly ContinuityMeasure[];

export interface ContinuityCase extends Continuity {
  readonly seed: number;
  readonly prompt: string;
  /** The same ratios of the untouched picture: how far from 1 nature itself is. */
  readonly untouched: Continuity;
}

export interface ContinuityOptions {
  readonly count: number;
  readonly side: number;
  readonly progress: Progress;
}

/** What "within 1.5 ×" means. */
export const MOST_RATIO = 1.5;

/** The server is sent what a user would send: the whole picture. What hides in the hole shows in `edge` alone. */
export async function measureContinuity(
  server: InpaintingServer,
  { count, side, progress }: ContinuityOptions,
): Promise<readonly ContinuityCase[]> {
  return severalAtOnce(
    Array.from({ length: count }, (_, index) => index),
    async (index) => {
      const { seed, original, mask, prompt } = await textureCase(index, side);
      const result = await server.inpaint({ image: original, mask, prompt, seed });
      const untouched = continuityOf(original, original, mask);
      return { seed, prompt, ...continuityOf(original, result, mask), untouched };
    },
    (done) => progress("continuity", done, count),
  );
}

export function continuityOf(original: RgbImage, result: RgbImage, mask: Mask): Continuity {
  const hole = textureOf(result, windowsOf(beyondFeather(mask), "hole"));
  const surround = textureOf(original, windowsOf(mask, "surround"));
  return {
    edge: edgeJump(result, mask) / edgeJump(original, mask),
    seam: seam(result, mask) / seam(original, mask),
    deviation: hole.deviation / surround.deviation,
    slope: hole.slope / surround.slope,
  };
}

/** Ratio by ratio: one odd picture does not count for more than another. */
export function medianContinuity(cases: readonly Continuity[]): Continuity {
  const of = (measure: ContinuityMeasure) => median(cases.map((one) => one[measure]));
  return { edge: of("edge"), seam: of("seam"), deviation: of("deviation"), slope: of("slope") };
}

/** A texture may be too much or too little; a step that is smaller than nature's is no fault. */
export function isWithin(measure: ContinuityMeasure, ratio: number): boolean {
  if (ratio > MOST_RATIO) return false;
  return measure === "edge" || measure === "seam" || ratio >= 1 / MOST_RATIO;
}

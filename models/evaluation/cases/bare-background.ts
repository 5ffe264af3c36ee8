/** @file Textured backgrounds without objects. Knows no hole and no prompt. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { BACKGROUNDS, type BackgroundName } from "../../scenes/backgrounds/backgrounds.js";
import { finish } from "../../scenes/finish.js";
import type { Random } from "../../scenes/random.js";

export interface BareBackground {
  readonly image: RgbImage;
  /** As a prompt would say it: "grass". */
  readonly matter: string;
}

/**
 * Those of one texture throughout, which a plain fill would not continue, and without saturated colours of their own.
 * A landscape is two: what is right in the sky is wrong on the ground.
 */
export const TEXTURED = [
  "grass",
  "wood",
  "brick",
  "stone",
  "sand",
] as const satisfies readonly BackgroundName[];

/** The `index`-th kind in turn, in a square of `side` pixels; details as large as the generator's scenes have them. */
export async function bareBackground(random: Random, index: number, side: number): Promise<BareBackground> {
  const name = TEXTURED[index % TEXTURED.length] ?? TEXTURED[0];
  const scale = random.logUniform(0.7, 1.8) * Math.sqrt(side / 256);
  const { raster, matter } = BACKGROUNDS[name](random, side, side, scale);
  return { image: { width: side, height: side, data: await finish(random, raster) }, matter };
}

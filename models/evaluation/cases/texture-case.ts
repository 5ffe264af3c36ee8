/** @file A background with strokes missing, and a prompt that names what it is made of. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { irregularMask } from "../../scenes/masks/irregular.js";
import { holeShare, type Mask } from "../../scenes/masks/mask.js";
import { Random } from "../../scenes/random.js";
import { windowsOf } from "../measures/texture-windows.js";
import { bareBackground } from "./bare-background.js";

export interface TextureCase {
  readonly seed: number;
  readonly original: RgbImage;
  readonly mask: Mask;
  readonly prompt: string;
}

const FIRST_SEED = 940_000_000;
const SMALLEST_HOLE = 0.08;
const LARGEST_HOLE = 0.4;
/** Fewer windows within the hole say too little of it. */
const FEWEST_WINDOWS = 8;

/** The `index`-th case (from 0), always the same for one `side`; the kinds of background take turns. */
export async function textureCase(index: number, side: number): Promise<TextureCase> {
  const seed = FIRST_SEED + index;
  const random = new Random(seed);
  const { image, matter } = await bareBackground(random, index, side);
  for (;;) {
    const mask = await irregularMask(random, side, side);
    const share = holeShare(mask);
    if (share < SMALLEST_HOLE || share > LARGEST_HOLE) continue;
    if (windowsOf(mask, "hole").length < FEWEST_WINDOWS) continue;
    return { seed, original: image, mask, prompt: matter };
  }
}

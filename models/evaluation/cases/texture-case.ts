/** @file A background with strokes missing, and a prompt that names what it is made of. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { irregularMask } from "../../scenes/masks/irregular.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { Random } from "../../scenes/random.js";
import { beyondFeather } from "../measures/beyond-feather.js";
import { windowsOf } from "../measures/texture-windows.js";
import { bareBackground } from "./bare-background.js";
import { SEED_RANGES, seedIn } from "./seed-ranges.js";
import { untilFair } from "./until-fair.js";

export interface TextureCase {
  readonly seed: number;
  readonly original: RgbImage;
  readonly mask: Mask;
  readonly prompt: string;
}

const FAIR_HOLE = { smallest: 0.08, largest: 0.4 };
/** Fewer windows within the hole say too little of it. */
const FEWEST_WINDOWS = 8;

/** The `index`-th case (from 0), always the same for one `side`; the kinds of background take turns. */
export async function textureCase(index: number, side: number): Promise<TextureCase> {
  const seed = seedIn(SEED_RANGES.textures, index);
  const random = new Random(seed);
  const { image, matter } = await bareBackground(random, index, side);
  return untilFair(FAIR_HOLE, async () => {
    const mask = await irregularMask(random, side, side);
    if (windowsOf(beyondFeather(mask), "hole").length < FEWEST_WINDOWS) return undefined;
    return { seed, original: image, mask, prompt: matter };
  });
}

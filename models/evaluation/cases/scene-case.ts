/** @file Scenes that no training has seen: their seeds lie far from it, and colours meet shapes that were held out. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { holeShare, type Mask } from "../../scenes/masks/mask.js";
import { drawScene } from "../../scenes/scene.js";

export interface SceneCase {
  readonly seed: number;
  readonly original: RgbImage;
  readonly mask: Mask;
  /** What the hole held; may be empty. */
  readonly prompt: string;
}

/** Training draws from 10,000,000 to 60,000,000 and from 500,000,000 on. */
const FIRST_SEED = 900_000_000;
/** Seeds of one case: the first whose hole is of a fair size counts. */
const SEEDS_EACH = 100;
const SMALLEST_HOLE = 0.03;
const LARGEST_HOLE = 0.5;

/** The `index`-th scene (from 0), always the same for one `side`. */
export async function sceneCase(index: number, side: number): Promise<SceneCase> {
  for (let attempt = 0; attempt < SEEDS_EACH; attempt++) {
    const seed = FIRST_SEED + index * SEEDS_EACH + attempt;
    const { width, height, rgb, mask, caption } = await drawScene({
      seed,
      width: side,
      height: side,
      heldOut: true,
    });
    const share = holeShare(mask);
    if (share < SMALLEST_HOLE || share > LARGEST_HOLE) continue;
    return { seed, original: { width, height, data: rgb }, mask, prompt: caption };
  }
  throw new Error(`no scene of ${SEEDS_EACH} has a hole of a fair size`);
}

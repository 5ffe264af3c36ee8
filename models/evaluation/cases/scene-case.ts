/**
 * @file Scenes that no training has seen: their seeds lie far from it, and colours meet shapes that were held out.
 *
 * The holes are LaMa's strokes and boxes, wherever they fall. The generator's holes that are made for an object hide
 * exactly what the prompt names, which a way to fill them that reads no prompt cannot know.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { drawScene } from "../../scenes/scene.js";
import { SEED_RANGES, seedIn } from "./seed-ranges.js";
import { MOST_ATTEMPTS, untilFair } from "./until-fair.js";

export interface SceneCase {
  readonly seed: number;
  readonly original: RgbImage;
  readonly mask: Mask;
  /** What the hole held; may be empty. */
  readonly prompt: string;
}

const FAIR_HOLE = { smallest: 0.03, largest: 0.5 };

/** The `index`-th scene (from 0), always the same for one `side`. */
export function sceneCase(index: number, side: number): Promise<SceneCase> {
  return untilFair(FAIR_HOLE, async (attempt) => {
    const seed = seedIn(SEED_RANGES.scenes, index * MOST_ATTEMPTS + attempt);
    const scene = await drawScene({ seed, width: side, height: side, heldOut: true, aimed: false });
    const { width, height, rgb, mask, caption } = scene;
    return { seed, original: { width, height, data: rgb }, mask, prompt: caption };
  });
}

/** @file A hole in a background, large enough for an object, and a prompt that names a colour and a shape. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { withArticles } from "../../scenes/captions/phrases.js";
import { HUE_NAMES, type HueName } from "../../scenes/colour.js";
import { brushedMask, type Region } from "../../scenes/masks/irregular.js";
import { holeShare, type Mask } from "../../scenes/masks/mask.js";
import { isHeldOut } from "../../scenes/objects/held-out.js";
import type { KindName } from "../../scenes/objects/kinds.js";
import { Random } from "../../scenes/random.js";
import { bareBackground } from "./bare-background.js";

const SHAPES = ["ball", "box", "star", "flower", "cat", "cup"] as const satisfies readonly KindName[];

export interface Pair {
  readonly colour: HueName;
  readonly shape: (typeof SHAPES)[number];
  /** Whether training never shows this colour on this shape. */
  readonly heldOut: boolean;
}

export interface SteeringCase extends Pair {
  readonly seed: number;
  readonly background: RgbImage;
  readonly mask: Mask;
  /** Where the hole has room for the object. */
  readonly region: Region;
  readonly prompt: string;
}

export const PAIRS: readonly Pair[] = HUE_NAMES.flatMap((colour) =>
  SHAPES.map((shape) => ({ colour, shape, heldOut: isHeldOut(colour, shape) })),
);

const FIRST_SEED = 920_000_000;
const SMALLEST_HOLE = 0.15;
const LARGEST_HOLE = 0.35;

/** The pair's `repeat`-th case (from 0), always the same for one `side`. */
export async function steeringCase(pair: Pair, repeat: number, side: number): Promise<SteeringCase> {
  const index = repeat * PAIRS.length + PAIRS.indexOf(pair);
  const seed = FIRST_SEED + index;
  const random = new Random(seed);
  // the kinds of background and the shapes are equally many: with the colour added each shape meets each background
  const turn = index + Math.floor(index / SHAPES.length);
  const { image, horizon } = await bareBackground(random, turn, side);
  const { mask, region } = await roomForObject(random, side, horizon);
  const prompt = withArticles(`a ${pair.colour} ${pair.shape}`);
  return { ...pair, seed, background: image, mask, region, prompt };
}

/** A compact brushed hole; below `horizon`, where there is one, as objects stand there. */
async function roomForObject(
  random: Random,
  side: number,
  horizon: number | undefined,
): Promise<{ readonly mask: Mask; readonly region: Region }> {
  for (;;) {
    const size = random.uniform(0.36, 0.5) * side;
    const margin = 0.03 * side;
    const lowest = side - size - margin;
    const highest = horizon === undefined ? margin : Math.min(lowest, Math.max(margin, horizon - 0.5 * size));
    const region = {
      left: random.uniform(margin, lowest),
      top: random.uniform(highest, lowest),
      width: size,
      height: size,
    };
    const mask = await brushedMask(random, side, side, region);
    const share = holeShare(mask);
    if (share >= SMALLEST_HOLE && share <= LARGEST_HOLE) return { mask, region };
  }
}

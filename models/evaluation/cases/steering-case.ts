/** @file A hole in a background, with room for an object, and a prompt that names a colour and a shape. */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import { withArticles } from "../../scenes/captions/phrases.js";
import { HUE_NAMES, type HueName } from "../../scenes/colour.js";
import { irregularMask, type Region } from "../../scenes/masks/irregular.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { isHeldOut } from "../../scenes/objects/held-out.js";
import type { KindName } from "../../scenes/objects/kinds.js";
import { Random } from "../../scenes/random.js";
import { distanceInside } from "../measures/hole-distances.js";
import { bareBackground } from "./bare-background.js";
import { SEED_RANGES, seedIn } from "./seed-ranges.js";
import { untilFair } from "./until-fair.js";

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
  /** The square around the largest disc in the hole, where an object has room. */
  readonly region: Region;
  readonly prompt: string;
}

export const PAIRS: readonly Pair[] = HUE_NAMES.flatMap((colour) =>
  SHAPES.map((shape) => ({ colour, shape, heldOut: isHeldOut(colour, shape) })),
);

const FAIR_HOLE = { smallest: 0.15, largest: 0.35 };
/** Radius of the largest disc in the hole, of the picture's side. */
const LEAST_ROOM = 0.15;

/** The pair's `repeat`-th case (from 0), always the same for one `side`. */
export async function steeringCase(pair: Pair, repeat: number, side: number): Promise<SteeringCase> {
  const index = repeat * PAIRS.length + PAIRS.indexOf(pair);
  const seed = seedIn(SEED_RANGES.steering, index);
  const random = new Random(seed);
  // the numbers of backgrounds and of shapes have no common factor: each shape meets each background
  const { image } = await bareBackground(random, index, side);
  const { mask, region } = await roomForObject(random, side);
  const prompt = withArticles(`a ${pair.colour} ${pair.shape}`);
  return { ...pair, seed, background: image, mask, region, prompt };
}

/**
 * LaMa's strokes, wherever they fall. The generator's strokes over an object would say by their outline alone that an
 * object is to stand there.
 */
function roomForObject(
  random: Random,
  side: number,
): Promise<{ readonly mask: Mask; readonly region: Region }> {
  return untilFair(FAIR_HOLE, async () => {
    const mask = await irregularMask(random, side, side);
    const { x, y, radius } = largestDisc(mask);
    if (radius < LEAST_ROOM * side) return undefined;
    return { mask, region: { left: x - radius, top: y - radius, width: 2 * radius, height: 2 * radius } };
  });
}

/** The largest disc in hole and picture; of radius 0 where there is no hole. */
function largestDisc(mask: Mask): { readonly x: number; readonly y: number; readonly radius: number } {
  const { width, height } = mask;
  let best = { x: 0, y: 0, radius: 0 };
  for (const [pixel, distance] of distanceInside(mask).entries()) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const radius = Math.min(distance, x, y, width - 1 - x, height - 1 - y);
    if (radius > best.radius) best = { x, y, radius };
  }
  return best;
}

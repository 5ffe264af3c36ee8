/** @file The pictures that show what the model paints: which image, which hole, which prompt. Knows no server. */
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import type { Mask } from "../scenes/masks/mask.js";
import { PAIRS, steeringCase } from "./cases/steering-case.js";
import { textureCase } from "./cases/texture-case.js";
import { samplePhotograph } from "./sample-photograph.js";

export interface Sample {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly prompt: string;
  readonly seed: number;
  readonly draw: () => Promise<{ readonly image: RgbImage; readonly mask: Mask }>;
}

const SIDE = 512;

export const SAMPLES: readonly Sample[] = [
  photograph("bench-grass", "grass", 1),
  photograph("bench-wooden-bench", "a wooden bench", 2),
  photograph("bench-yellow-cat", "Face of a yellow cat, high resolution, sitting on a park bench", 3),
  photograph("bench-flower-vase", "a small flower vase featuring a blend of yellow and orange", 4),
  drawn("red-flower", "a red flower", 0, 5),
  drawn("blue-cup", "a blue cup on a table", 1, 6),
  drawn("purple-star", "a purple star", 3, 7),
  drawn("green-cat", "a green cat", 2, 8),
  bare("bricks", "a brick wall", 2, 9),
];

/** The dog on the bench, with the dog to be replaced. */
function photograph(name: string, prompt: string, seed: number): Sample {
  return { name, prompt, seed, draw: () => samplePhotograph(SIDE) };
}

/** A textured background with a hole that has room for an object; `turn` chooses both. */
function drawn(name: string, prompt: string, turn: number, seed: number): Sample {
  const draw = async () => {
    const pair = PAIRS[turn];
    if (pair === undefined) throw new RangeError(`there is no pair ${turn}`);
    const { background, mask } = await steeringCase(pair, 9, SIDE);
    return { image: background, mask };
  };
  return { name, prompt, seed, draw };
}

/** A background with strokes missing, of which the prompt says what it is made of. */
function bare(name: string, prompt: string, index: number, seed: number): Sample {
  const draw = async () => {
    const { original, mask } = await textureCase(index, SIDE);
    return { image: original, mask };
  };
  return { name, prompt, seed, draw };
}

/** @file The kinds of objects, what they are called, and how often they are drawn. */
import { catFace, sittingCat } from "./cats.js";
import type { Drawing } from "./drawing.js";
import { cup, flower, flowerInVase, tree, vase } from "./plants.js";
import { ball, bench, box, heart, star } from "./simple-shapes.js";

export interface Kind {
  readonly drawing: Drawing;
  /** Nouns with "{}" where the colour goes, if it goes anywhere but before the noun. */
  readonly nouns: readonly string[];
  readonly share: number;
  /** Whether it may be turned a little. */
  readonly turns: boolean;
}

export const KINDS = {
  ball: { drawing: ball, nouns: ["ball", "ball", "disc", "circle", "sphere"], share: 11, turns: true },
  box: { drawing: box, nouns: ["box", "box", "cube", "square", "block"], share: 11, turns: true },
  star: { drawing: star, nouns: ["star"], share: 11, turns: true },
  flower: { drawing: flower, nouns: ["flower", "flower", "blossom"], share: 11, turns: true },
  cat: { drawing: sittingCat, nouns: ["cat", "cat", "sitting cat", "kitten"], share: 8, turns: false },
  "cat face": { drawing: catFace, nouns: ["cat face", "face of a {} cat", "cat"], share: 7, turns: false },
  cup: { drawing: cup, nouns: ["cup", "cup", "mug"], share: 11, turns: false },
  tree: { drawing: tree, nouns: ["tree"], share: 6, turns: false },
  vase: { drawing: vase, nouns: ["vase", "vase", "vase featuring a blend of {}"], share: 4, turns: false },
  "flower in a vase": {
    drawing: flowerInVase,
    nouns: ["flower in a vase", "flower vase", "vase with {} flowers", "flower vase featuring a blend of {}"],
    share: 7,
    turns: false,
  },
  heart: { drawing: heart, nouns: ["heart"], share: 4, turns: true },
  bench: { drawing: bench, nouns: ["bench", "wooden bench", "park bench"], share: 6, turns: false },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

export const KIND_NAMES = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);

/** @file Colours and shapes that no training scene shows together: what shows that the two are told apart. */
import type { ColourName } from "../colour.js";
import type { KindName } from "./kinds.js";

export const HELD_OUT_PAIRS: readonly (readonly [ColourName, KindName])[] = [
  ["purple", "ball"],
  ["pink", "box"],
  ["orange", "star"],
  ["green", "flower"],
  ["blue", "cat"],
  ["red", "cup"],
];

/** Kinds that look alike are held out together. */
const FAMILY: Partial<Record<KindName, KindName>> = { "cat face": "cat", "flower in a vase": "flower" };

export const isHeldOut = (colour: ColourName, kind: KindName): boolean =>
  HELD_OUT_PAIRS.some(([c, k]) => c === colour && k === (FAMILY[kind] ?? kind));

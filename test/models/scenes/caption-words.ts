/** @file Reads captions back: which colour they give to which noun, and what is left without such words. */
import type { Background } from "../../../models/scenes/backgrounds/background.js";
import { PRAISE } from "../../../models/scenes/captions/phrases.js";
import { GREY_NAMES, HUE_NAMES } from "../../../models/scenes/colour.js";
import { HELD_OUT_PAIRS, isHeldOut } from "../../../models/scenes/objects/held-out.js";
import { KIND_NAMES, KINDS } from "../../../models/scenes/objects/kinds.js";

const COLOUR = `(?:${[...HUE_NAMES, ...GREY_NAMES].join("|")})`;
const JOINT = "(?: and |-)";
/** `colour`, alone or in a blend of two. */
const inBlend = (colour: string) => `(?:${COLOUR}${JOINT})?${colour}(?:${JOINT}${COLOUR})?`;

/** A pattern of the noun with its colour where captions put it, after "a" or "an". */
const coloured = (noun: string, colour: string) =>
  noun.includes("{}") ? noun.replace("a {}", "an? {}").replace("{}", colour) : `${colour} ${noun}`;

const longestFirst = (patterns: readonly string[]) => patterns.toSorted((a, b) => b.length - a.length);

const HELD_OUT_WORDS = HELD_OUT_PAIRS.map(([colour, kind]) => {
  const nouns = KIND_NAMES.filter((name) => isHeldOut(colour, name)).flatMap((name) => KINDS[name].nouns);
  const phrases = nouns.map((noun) => coloured(noun, inBlend(colour)));
  return { pair: `${colour} ${kind}`, words: new RegExp(`\\b(?:${phrases.join("|")})s?\\b`) };
});

/** The held-out pairs that `caption` says, by any noun for the shape and in any blend of the colour. */
export const heldOutPairsSaidBy = (caption: string): readonly string[] =>
  HELD_OUT_WORDS.filter(({ words }) => words.test(caption)).map(({ pair }) => pair);

const OBJECTS = longestFirst(
  KIND_NAMES.flatMap((name) => KINDS[name].nouns).map((noun) => coloured(noun, inBlend(COLOUR))),
);
const OBJECT = new RegExp(
  `(?:\\b(?:${[...PRAISE, "small", "large"].join("|")}) )*\\b(?:${OBJECTS.join("|")})\\b`,
  "g",
);

/** The sentence without its words for things and places, "a" for "an". */
export function skeletonOf(caption: string, { matter, place }: Background): string {
  const names = longestFirst([matter, place].map((name) => name.replace(/^(?:a|the) /, "")));
  return caption
    .replace(new RegExp(`\\b(?:${names.join("|")})\\b`, "g"), "<place>")
    .replace(/\b(?:an?|the) ((?:empty )?<place>)/g, "$1")
    .replace(OBJECT, "<object>")
    .replace(/\ban (?=<object>)/g, "a ");
}

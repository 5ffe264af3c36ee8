/** @file How an object and a place are said. Knows no scene. */

import { KINDS } from "../objects/kinds.js";
import type { Thing } from "../objects/thing.js";
import type { Random } from "../random.js";

/** Frames around what a caption says; "{}" is where that goes. */
export const FRAMES = [
  "{}",
  "a picture of {}",
  "a photo of {}",
  "an image of {}",
  "a drawing of {}",
  "a close-up of {}",
  "there is {}",
  "{}, high resolution",
  "{}, highly detailed",
  "{}, best quality",
  "{}, in soft light",
  "{}, on a sunny day",
  "a beautiful photograph of {}",
  "{}, 4k",
] as const;

/** Words that people write and that change nothing here. */
export const PRAISE = [
  "beautiful",
  "lovely",
  "nice",
  "pretty",
  "cute",
  "old",
  "new",
  "fine",
  "fresh",
  "fancy",
  "simple",
  "great",
  "bright",
  "shiny",
  "single",
  "funny",
  "good",
  "real",
  "realistic",
  "wonderful",
  "perfect",
  "elegant",
] as const;
const PRAISED = 0.08;

/** An object with its words: "{}" is size, colour and noun. */
export const OBJECT_PHRASES = ["{}", "a {}", "the {}", "one {}", "just a {}"] as const;

/** Where an object is; "{}" is the place. The first says nothing of it. */
export const PLACES = [
  "",
  " on {}",
  " in front of {}",
  " against {}",
  " over {}",
  " sitting on {}",
  " with {} behind it",
  ", {}",
] as const;

/** How two objects are said together. */
export const PAIRINGS = ["{} and {}", "{} next to {}", "{} beside {}", "{} with {}"] as const;

/** How a background is said alone. */
export const BARE_PLACES = ["{}", "only {}", "nothing but {}", "empty {}"] as const;

export const fill = (template: string, ...words: readonly string[]): string =>
  words.reduce((text, word) => text.replace("{}", word), template);

/** `background` as `template` has it, "empty" after the article: "the empty sky". */
export const fillBare = (template: string, background: string): string =>
  fill(template, background).replace(/^empty (a|the) /, "$1 empty ");

/** "small red flower", "face of a yellow cat", "yellow and orange vase"; no article. */
export function nounPhrase(random: Random, thing: Thing, size: string): string {
  const nouns = KINDS[thing.kind].nouns.filter((noun) => thing.colours.length > 1 || !noun.includes("blend"));
  const noun = random.pick(nouns);
  const colour = thing.colours.length > 1 ? blend(random, thing.colours) : (thing.colours[0] ?? "");
  const words = noun.includes("{}") ? noun.replace("{}", colour) : `${colour} ${noun}`;
  const praise = random.chance(PRAISED) ? random.pick(PRAISE) : "";
  return `${praise} ${size} ${words}`.replace(/\s+/g, " ").trim();
}

const blend = (random: Random, names: readonly string[]): string =>
  random.pick([names.join(" and "), names.join(" and "), names.join("-")]);

/** "an" before a vowel. */
export const withArticles = (text: string): string => text.replace(/\ba (?=[aeiou])/g, "an ").trim();

/** @file What a scene's prompt says: mostly what is in the hole, as those who ask for an inpainting do. */
import type { Background } from "../backgrounds/background.js";
import type { Thing } from "../objects/thing.js";
import type { Random } from "../random.js";
import {
  BARE_PLACES,
  FRAMES,
  fill,
  fillBare,
  nounPhrase,
  OBJECT_PHRASES,
  PAIRINGS,
  PLACES,
  withArticles,
} from "./phrases.js";

export interface Told {
  readonly thing: Thing;
  /** "small", "big" or nothing. */
  readonly size: string;
}

/** `told`: the objects to name, none to name the background alone. */
export function captionOf(random: Random, told: readonly Told[], background: Background): string {
  const frame = random.chance(0.6) ? "{}" : random.pick(FRAMES);
  const [first, second] = told;
  if (first === undefined) {
    const bare = random.chance(0.7) ? "{}" : random.pick(BARE_PLACES);
    const name = random.chance(0.7) ? background.matter : background.place;
    return withArticles(fill(frame, fillBare(bare, name)));
  }
  const place = random.chance(0.5) ? "" : random.pick(PLACES);
  const where = fill(place, background.place);
  const words = nounPhrase(random, first.thing, first.size);
  if (second === undefined) {
    const phrase = random.chance(0.6) ? "a {}" : random.pick(OBJECT_PHRASES);
    return withArticles(fill(frame, fill(phrase, words) + where));
  }
  const other = nounPhrase(random, second.thing, second.size);
  const both = fill(random.pick(PAIRINGS), `a ${words}`, `a ${other}`);
  return withArticles(fill(frame, both + where));
}

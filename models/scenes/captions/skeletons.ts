/** @file The grammar's sentences before words fill them. */
import { BARE_PLACES, FRAMES, OBJECT_PHRASES, PAIRINGS, PLACES } from "./phrases.js";

const inFrames = (bodies: readonly string[]): readonly string[] =>
  FRAMES.flatMap((frame) => bodies.map((body) => frame.replace("{}", body)));

const oneObject = inFrames(OBJECT_PHRASES.flatMap((object) => PLACES.map((place) => `${object}${place}`)));
const twoObjects = inFrames(PAIRINGS.flatMap((pairing) => PLACES.map((place) => `${pairing}${place}`)));
const places = inFrames(BARE_PLACES);

/** Every sentence the grammar knows, with "{}" for the words of objects and places. */
export const SKELETONS: ReadonlySet<string> = new Set([...oneObject, ...twoObjects, ...places]);

/** @file JSON objects, read by key. Knows no key of its own. */
import { quote } from "./preview.js";
import type { Problems } from "./problems.js";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only own keys count: `__proto__` and its kin are names like any other. */
export function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const MAX_NAMED_KEYS = 20;
const MAX_NAMED_CHARS = 400;

/** The first of `keys`, and how many more there are. */
function nameKeys(keys: readonly string[]): string {
  const named: string[] = [];
  let chars = 0;
  for (const key of keys.slice(0, MAX_NAMED_KEYS)) {
    const shown = quote(key);
    chars += shown.length;
    if (named.length > 0 && chars > MAX_NAMED_CHARS) break;
    named.push(shown);
  }
  const more = keys.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** One problem under `where` if any key is not among `known`; `noun` is what a key is. */
export function refuseUnknownKeys(
  object: JsonObject,
  known: readonly string[],
  where: string,
  noun: string,
  problems: Problems,
): void {
  const expected = new Set(known);
  const unknown = Object.keys(object).filter((key) => !expected.has(key));
  if (unknown.length === 0) return;
  const nouns = unknown.length === 1 ? noun : `${noun}s`;
  problems.add(where, `unknown ${nouns} ${nameKeys(unknown)}; known are ${known.join(", ")}`);
}

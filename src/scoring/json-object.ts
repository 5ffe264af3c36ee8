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

/** A problem under `where` for each key that is not among `known`; `noun` is what the keys are. */
export function refuseUnknownKeys(
  object: JsonObject,
  known: readonly string[],
  where: string,
  noun: string,
  problems: Problems,
): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    problems.add(where, `unknown ${noun} ${quote(key)}; known are ${known.join(", ")}`);
  }
}

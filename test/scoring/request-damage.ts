/** @file Random damage to requests: values and keys that are replaced, dropped, added and doubled. Knows no shape. */
import fc from "fast-check";
import { type Json, type JsonRecord, PARAMETER_NAMES, requests } from "./request-arbitrary.js";

/** Words that mean something to the parser, so that damage hits where it hurts. */
const KEYS = [
  "input_data",
  "dataframe_split",
  "dataframe_records",
  "instances",
  "inputs",
  "columns",
  "index",
  "data",
  "params",
  "parameters",
  "prompt",
  "image",
  "mask",
  "mask_image",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "r0",
  "0",
  "x",
  ...PARAMETER_NAMES,
];
const words = fc.constantFrom(...KEYS);
const scraps: fc.Arbitrary<Json> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  words,
  fc.constantFrom(null, "", "\ud800", [], {}, 1e308, -1, 0.5, [[]], [{}], { r0: "x" }, ["a", "I", "M"]),
  fc.dictionary(words, fc.oneof(fc.string(), fc.constant(null), fc.array(fc.string())), { maxKeys: 4 }),
);

interface Damage {
  readonly at: number;
  readonly how: "replace" | "delete" | "insert" | "twice";
  readonly key: string;
  readonly scrap: Json;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("replace", "delete", "insert", "twice"),
  key: words,
  scrap: scraps,
});

/** Each place where a value stands, outermost first. */
function* placesIn(
  value: Json,
): Generator<{ readonly parent: Json[] | JsonRecord; readonly key: string | number }> {
  if (Array.isArray(value)) {
    for (const key of value.keys()) {
      yield { parent: value, key };
      yield* placesIn(value[key]);
    }
  } else if (typeof value === "object" && value !== null) {
    const parent: JsonRecord = Object(value);
    for (const key of Object.keys(parent)) {
      yield { parent, key };
      yield* placesIn(parent[key]);
    }
  }
}

function set(parent: Json[] | JsonRecord, key: string | number, value: Json): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

const copy = (value: Json): Json => JSON.parse(JSON.stringify(value));

function harm(body: JsonRecord, { at, how, key, scrap: shared }: Damage): void {
  const scrap = copy(shared); // the next damage may be to it
  const places = [...placesIn(body)];
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) {
    set(body, key, scrap);
    return;
  }
  const { parent, key: present } = place;
  if (how === "replace") set(parent, present, scrap);
  else if (Array.isArray(parent)) {
    if (how === "delete") parent.splice(Number(present), 1);
    else parent.splice(Number(present), 0, how === "insert" ? scrap : copy(parent[Number(present)]));
  } else if (how === "delete") delete parent[present];
  else set(parent, key, how === "insert" ? scrap : copy(parent[present]));
}

/** A request of `good` that has been damaged in up to four places; of the parser's own making, as a client's is. */
export const damagedFrom = (good: fc.Arbitrary<JsonRecord>): fc.Arbitrary<Json> =>
  fc.tuple(good, fc.array(damages, { minLength: 1, maxLength: 4 })).map(([request, all]) => {
    const body: JsonRecord = JSON.parse(JSON.stringify(request));
    for (const damage of all) harm(body, damage);
    return JSON.parse(JSON.stringify(body));
  });

export const damagedRequests = damagedFrom(requests);

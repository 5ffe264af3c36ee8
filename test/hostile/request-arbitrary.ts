/**
 * @file Requests to the scoring paths: bytes at random, JSON at random, good requests of every shape, and good ones that
 * are damaged as values, as text, as bytes and in their pictures. What they are answered with is not known here.
 */
import fc from "fast-check";
import {
  type Json,
  type JsonRecord,
  requestsOf,
  type Table,
  tables,
  writings,
} from "../scoring/request-arbitrary.js";
import { damagedFrom } from "../scoring/request-damage.js";
import { damaged, damages } from "../support/damage.js";
import { headers } from "./header-arbitrary.js";
import { damagedJson } from "./json-damage.js";
import { badPictures, goodPictures } from "./picture-arbitrary.js";
import { SentRequest } from "./sent-request.js";

/** Of the server that they are sent to; so small that a request which runs is over soon. */
export const LIMITS = {
  MAX_ROWS: "4",
  MAX_STEPS: "2",
  DEFAULT_STEPS: "1",
  DEFAULT_SCHEDULER: "DDIM",
  MAX_IMAGES_PER_PROMPT: "2",
  MAX_OUTPUT_PIXELS: "4096",
  MAX_PIXELS: "65536",
  MAX_PROMPT_CHARS: "2000",
  MAX_BODY_BYTES: "300000",
  // small, for they are full soon then: what grows after that is no cache
  PROMPT_CACHE_BYTES: "1000000",
  LATENT_CACHE_BYTES: "1000000",
} as const;
const OVER_LIMIT_BYTES = Number(LIMITS.MAX_BODY_BYTES) + 1;

/** Such values of parameters that what asks for them can run within the limits. */
const TAME: Readonly<Record<string, (value: Json) => Json>> = {
  num_inference_steps: (value) => 1 + (Number(value) % 2),
  height: () => 64,
  width: () => 32,
  clip_skip: () => 1,
  strength: () => 1,
};
const tame = (parameters: Readonly<Record<string, Json>>) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, TAME[name]?.(value) ?? value]));

/** Four of each: as many as a table has rows at most. */
const picturesOf = (pictures: fc.Arbitrary<string>) =>
  fc.array(fc.record({ image: pictures, mask: pictures }), { minLength: 4, maxLength: 4 });

/** Tables whose pictures are such, as requests of any shape. */
const requestsWith = (
  pictures: fc.Arbitrary<string>,
  change: (table: Table) => Table = (table) => table,
): fc.Arbitrary<JsonRecord> =>
  fc.tuple(tables, picturesOf(pictures), writings, fc.nat()).map(([table, files, writing, pick]) => {
    const { rows, common } = change(table);
    const withFiles = { common, rows: rows.map((row, i) => ({ ...row, ...files[i] })) };
    const all = requestsOf(withFiles, writing);
    return all[pick % all.length]?.body ?? {};
  });

/** These run, nearly all of them. */
const runnable = requestsWith(goodPictures, ({ rows, common }) => ({
  rows: rows.map((row) => ({ ...row, parameters: tame(row.parameters) })),
  common: tame(common),
}));
/** Parameters of any size that the schema has. */
const wild = requestsWith(goodPictures);
const badlyPictured = requestsWith(fc.oneof(badPictures, goodPictures));
const good = fc.oneof(runnable, wild);

const text = (value: Json) => Buffer.from(JSON.stringify(value));

const bodies: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 5 }).map((json) => Buffer.from(json)) },
  { weight: 3, arbitrary: runnable.map(text) },
  { weight: 1, arbitrary: wild.map(text) },
  { weight: 5, arbitrary: badlyPictured.map(text) },
  { weight: 6, arbitrary: damagedFrom(good).map(text) },
  { weight: 6, arbitrary: damagedJson(good).map((json) => Buffer.from(json)) },
  {
    weight: 5,
    arbitrary: fc.tuple(good.map(text), damages).map(([whole, all]) => damaged(whole, all)),
  },
  {
    weight: 1,
    arbitrary: fc.nat(100_000).map((more) => Buffer.alloc(OVER_LIMIT_BYTES + more, " ")),
  },
);

export const sentRequests = (paths: readonly string[]): fc.Arbitrary<SentRequest> =>
  fc
    .tuple(fc.constantFrom(...paths), headers, bodies, fc.boolean())
    .map(([path, all, body, isChunked]) => new SentRequest(path, all, body, isChunked));

/** @file Bodies that mean harm, and their documented answers: depth, length, keys, numbers, characters. Knows no server. */
import sharp from "sharp";
import type { HostileCase } from "./hostile-table.js";

const plain = (value: number) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toBuffer();
const IMAGE = (await plain(100)).toString("base64");
/** Nothing is repainted: such a row takes no step. */
const BLACK = (await plain(0)).toString("base64");

const FIELDS = `"prompt":"a","image":"${IMAGE}","mask_image":"${BLACK}"`;
const ROW = `{${FIELDS}}`;
const data = (rows: string) => `{"input_data":{"data":[${rows}]}}`;
const withRow = (more: string) => data(`{${FIELDS},${more}}`);
const withPrompt = (text: string) => data(`{${FIELDS},"prompt":${text}}`);
const OK = /^\[\{"prompt":"a","generated_image":"[^"]+","nsfw_content_detected":null\}\]$/;

const DEEP = 50_000;
/** Within the limit on structure. */
const LESS_DEEP = 19_000;
const MEGABYTES_30 = 30_000_000;
const lists = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

const STRUCTURE = /^\{"message":"POST body has \d+ objects, lists and commas; at most 20000 are accepted"\}$/;
const NOT_JSON = /^\{"message":"POST body could not be decoded as JSON: /;
const NOT_UTF8 = /^\{"message":"POST body could not be decoded as JSON: it is not UTF-8"\}$/;
const PLAIN_BYTES = /^\{"message":"POST body has \d+ bytes beside its texts/;
const HALF = /half of a surrogate pair at offset \d+, which is no character/;

const PLACES: Readonly<Record<string, (value: string) => string>> = {
  "the body": (value) => value,
  input_data: (value) => `{"input_data":${value}}`,
  instances: (value) => `{"instances":${value}}`,
  "an ignored key": (value) => `{"own":${value},"instances":[${ROW}]}`,
  "a row": data,
  "an ignored column": (value) => withRow(`"own":${value}`),
  "a prompt": withPrompt,
  "a parameter": (value) => withRow(`"seed":${value}`),
  parameters: (value) => `{"params":${value},"instances":[${ROW}]}`,
  "the index": (value) => `{"input_data":{"data":[${ROW}],"index":[${value}]}}`,
  "a name of a column": (value) => `{"input_data":{"columns":[${value}],"data":[${ROW}]}}`,
};
/** What may hold anything. */
const IGNORED = ["an ignored key", "an ignored column", "the index"];

const depths: readonly HostileCase[] = Object.entries(PLACES).flatMap(([place, put]) =>
  [lists, objects].flatMap((nest) => [
    { what: `${nest.name} 50 000 deep as ${place}`, body: () => put(nest(DEEP)), says: STRUCTURE },
    {
      what: `${nest.name} 19 000 deep as ${place}`,
      body: () => put(nest(LESS_DEEP)),
      ...(IGNORED.includes(place) ? { status: 200, says: OK } : { says: /^\{"message":"/ }),
    },
  ]),
);

const rowCounts: readonly HostileCase[] = [
  {
    what: "10 000 rows",
    body: () => data(new Array(10_000).fill(0).join()),
    says: /input_data\.data: has 10000 rows; at most 256 are accepted/,
  },
  ...["dataframe_records", "instances", "inputs"].map((key) => ({
    what: `10 000 rows under ${key}`,
    body: () => `{"${key}":[${new Array(10_000).fill("[]").join()}]}`,
    says: STRUCTURE,
  })),
  {
    what: "10 000 values of a column",
    body: () => `{"inputs":{"prompt":[${new Array(10_000).fill('"a"').join()}],"image":[],"mask":[]}}`,
    says: /inputs\.prompt: has 10000 rows; at most 256 are accepted/,
  },
  {
    what: "257 rows where 256 are accepted",
    body: () => data(new Array(257).fill(ROW).join()),
    says: /has 257 rows; at most 256 are accepted/,
  },
  {
    what: "256 rows, the most that can be allowed",
    body: () => data(new Array(256).fill(ROW).join()),
    status: 200,
    says: /^\[(?:\{"prompt":"a","generated_image":"[^"]+","nsfw_content_detected":null\},?){256}\]$/,
  },
];

const keys: readonly HostileCase[] = [
  {
    what: "keys that stand twice: the last counts",
    body: () =>
      `{"input_data":5,"input_data":{"data":[],"data":[{"prompt":1,"image":2,${FIELDS},"seed":1,"seed":7}]}}`,
    status: 200,
    says: OK,
  },
  {
    what: "the last of two is the bad one",
    body: () => withRow('"seed":7,"seed":-1'),
    says: /data\[0\]\.seed: .* got -1/,
  },
  ...["__proto__", "constructor", "prototype", "toString", "\\u005f_proto__"].flatMap((name) => [
    {
      what: `${name} as a key of everything that may hold one`,
      body: () =>
        `{"${name}":{"polluted":1},"input_data":[{"${name}":{"prompt":"evil","polluted":1},${FIELDS}}]}`,
      status: 200,
      says: OK,
    },
    {
      what: `${name} as a parameter`,
      body: () => `{"params":{"${name}":{"seed":1}},"instances":[${ROW}]}`,
      says: /params: unknown parameter/,
    },
    {
      what: `${name} as the only key`,
      body: () => `{"${name}":{"input_data":[${ROW}]}}`,
      says: /A value is not provided for the 'input_data' parameter/,
    },
  ]),
];

const numbers: readonly HostileCase[] = [
  ...(
    [
      ["1e400", /seed: .* got Infinity/],
      ["9007199254740993", /seed: .* got 9007199254740992/],
      [`1${"0".repeat(400)}`, /seed: .* got Infinity/],
      ["-1e-323", /seed: .* got -1e-323/],
      ["1e-1", /seed: .* got 0\.1/],
      ["NaN", NOT_JSON],
      ["01", NOT_JSON],
    ] as const
  ).map(([number, says]) => ({
    what: `seed ${number.slice(0, 20)}`,
    body: () => withRow(`"seed":${number}`),
    says,
  })),
  ...["-0", "1e-400", "-1e-400", "9007199254740991", "1e2", "100.0", `0.${"0".repeat(400)}1`].map(
    (number) => ({
      what: `seed ${number.slice(0, 20)}`,
      body: () => withRow(`"seed":${number}`),
      status: 200,
      says: OK,
    }),
  ),
];

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const [BEFORE = "", AFTER = ""] = withPrompt("@").split("@");

const characters: readonly HostileCase[] = [
  { what: "half a pair in a prompt", body: () => withPrompt('"a\\ud800"'), says: HALF },
  { what: "the other half", body: () => withPrompt('"\\udc00a"'), says: HALF },
  {
    what: "half a pair in a negative prompt",
    body: () => withRow('"negative_prompt":"\\udfff"'),
    says: HALF,
  },
  {
    what: "half a pair as UTF-8 has none",
    body: () => bytes(BEFORE, '"', [0xed, 0xa0, 0x80], '"', AFTER),
    says: NOT_UTF8,
  },
  { what: "half a pair in a column's name", body: () => withRow('"\\ud800":1'), status: 200, says: OK },
  {
    what: "half a pair among the names of columns",
    body: () =>
      `{"input_data":{"columns":["prompt","image","mask","\\ud800"],"data":[["a","${IMAGE}","${BLACK}",1]]}}`,
    status: 200,
    says: OK,
  },
  {
    what: "half a pair in a parameter's name",
    body: () => `{"params":{"\\ud800":1},"instances":[${ROW}]}`,
    says: /params: unknown parameter/,
  },
  { what: "half a pair in a scheduler", body: () => withRow('"scheduler":"\\ud800"'), says: /scheduler: / },
  ...(
    [
      ["an overlong NUL", [0xc0, 0x80]],
      ["a byte that begins nothing", [0xff]],
      ["a character that is cut", [0xe2, 0x82]],
      ["a character beyond Unicode", [0xf5, 0x80, 0x80, 0x80]],
    ] as const
  ).map(([what, odd]) => ({ what, body: () => bytes(BEFORE, '"', odd, '"', AFTER), says: NOT_UTF8 })),
  { what: "UTF-16", body: () => Buffer.from(`\ufeff${withPrompt('"a"')}`, "utf16le"), says: NOT_UTF8 },
  { what: "a byte order mark", body: () => `\ufeff${data(ROW)}`, status: 200, says: OK },
  { what: "two of them", body: () => `\ufeff\ufeff${data(ROW)}`, says: NOT_JSON },
  { what: "one within", body: () => data(`\ufeff${ROW}`), says: NOT_JSON },
  {
    what: "one in a prompt",
    body: () => withPrompt('"\ufeff"'),
    status: 200,
    says: /^\[\{"prompt":"\ufeff"/,
  },
  {
    what: "NUL in a prompt",
    body: () => withPrompt('"\\u0000a"'),
    status: 200,
    says: /^\[\{"prompt":"\\u0000a"/,
  },
  { what: "NUL as it is", body: () => withPrompt('"\0"'), says: NOT_JSON },
  { what: "NUL behind the body", body: () => `${data(ROW)}\0`, says: NOT_JSON },
];

/** 30 MB, beside which a body has room for the rest. */
const lengths: readonly HostileCase[] = [
  {
    what: "a prompt of 30 MB",
    body: () => withPrompt(`"${"x".repeat(MEGABYTES_30)}"`),
    says: /data\[0\]\.prompt: has 30000000 characters; at most 4096 are accepted/,
  },
  {
    what: "a prompt of 30 MB that is not ASCII",
    body: () => withPrompt(`"${"é".repeat(MEGABYTES_30 / 2)}"`),
    says: /POST body has a text of 30000000 bytes that is not ASCII; at most 12000000 are accepted/,
  },
  {
    what: "a prompt of 30 MB of escapes",
    body: () => withPrompt(`"${"\\u00e9".repeat(MEGABYTES_30 / 6)}"`),
    says: /data\[0\]\.prompt: has 5000000 characters/,
  },
  {
    what: "a negative prompt of 30 MB",
    body: () => withRow(`"negative_prompt":"${"x".repeat(MEGABYTES_30)}"`),
    says: /data\[0\]\.negative_prompt: expected text of at most 4096 characters, got \\"x{40}\\"…/,
  },
  {
    what: "a column's name of 30 MB",
    body: () => withRow(`"${"x".repeat(MEGABYTES_30)}":1`),
    says: PLAIN_BYTES,
  },
  {
    what: "an ignored column of 30 MB",
    body: () => withRow(`"own":"${"x".repeat(MEGABYTES_30)}"`),
    status: 200,
    says: OK,
  },
  { what: "a number of 30 MB", body: () => withRow(`"seed":${"1".repeat(MEGABYTES_30)}`), says: PLAIN_BYTES },
  { what: "30 MB of white space", body: () => data(" ".repeat(MEGABYTES_30)), says: PLAIN_BYTES },
  {
    what: "an image of 30 MB of nothing",
    body: () => withRow(`"image":"${"A".repeat(MEGABYTES_30)}"`),
    says: /data\[0\]\.image: not an image \(begins with bytes 00 00/,
  },
  {
    what: "an image of 30 MB of line breaks",
    body: () => withRow(`"image":"${"\\n".repeat(MEGABYTES_30 / 2)}"`),
    says: /data\[0\]\.image: is empty/,
  },
  {
    what: "a text of 30 MB without end",
    body: () => `{"input_data":"${"x".repeat(MEGABYTES_30)}`,
    says: NOT_JSON,
  },
  {
    what: "a body over the limit",
    body: () => Buffer.alloc(33_554_433, " "),
    status: 413,
    says: /at most 33554432 bytes are accepted/,
  },
];

export const SMALL_BODIES: readonly HostileCase[] = [
  ...depths,
  ...rowCounts,
  ...keys,
  ...numbers,
  ...characters,
];
export const LARGE_BODIES = lengths;

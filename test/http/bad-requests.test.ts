/**
 * @file What a bad request is answered with: status, and a message that says what and where. The runner behind the
 * scorer fails the test when a job gets to it, so each refusal comes before any network runs.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { assertRefused, build, IMAGE, IMAGE_FILE, JSON_TYPE, MASK, post, ROW, send } from "./test-app.js";

/** The photograph's file, whose header claims 30 000 × 30 000 pixels. */
function bomb(): Buffer {
  const file = Buffer.from(IMAGE_FILE);
  file.writeUInt32BE(30_000, 16);
  file.writeUInt32BE(30_000, 20);
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  return file;
}

const json = (input: unknown) => JSON.stringify({ input_data: input });
const withRow = (extra: object, parameters: object = {}) =>
  json({ data: [{ ...ROW, ...extra }], parameters });

const BAD_BODIES: readonly (readonly [what: string, body: string | Buffer, message: string | RegExp])[] = [
  ["not JSON", "{bad", /^POST body could not be decoded as JSON: ./],
  ["NaN", '{"input_data": NaN}', /^POST body could not be decoded as JSON: ./],
  ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "POST body could not be decoded as JSON: it is not UTF-8"],
  ["empty", "", "POST body is empty. Expecting a JSON dictionary."],
  ["a list", "[1]", "POST body should be a JSON dictionary."],
  ["null", "null", "POST body should be a JSON dictionary."],
  ["no input_data", '{"data":1}', "A value is not provided for the 'input_data' parameter."],
  ["a missing column", json({ data: [{ prompt: "a", mask: MASK }] }), "data[0].image: missing"],
  ["a missing mask", json({ data: [ROW, { prompt: "a", image: IMAGE }] }), "data[1].mask_image: missing"],
  [
    "rows of unequal length",
    json({ columns: ["prompt", "image", "mask"], data: [["a", IMAGE, MASK], ["b"]] }),
    "data[1]: has 1 values for 3 columns",
  ],
  ["not base64", withRow({ image: "{image}" }), 'data[0].image: not base64: character "{" at offset 0'],
  [
    "base64 of text",
    withRow({ mask_image: Buffer.from("hello").toString("base64") }),
    /^data\[0\]\.mask_image: not an image/,
  ],
  [
    "a truncated PNG",
    withRow({ image: IMAGE_FILE.subarray(0, 9999).toString("base64") }),
    /^data\[0\]\.image: PNG cannot be decoded/,
  ],
  [
    "an SVG",
    withRow({ image: Buffer.from("<svg/>").toString("base64") }),
    /^data\[0\]\.image: is SVG or other XML; accepted are PNG/,
  ],
  [
    "a PNG bomb",
    withRow({ mask_image: bomb().toString("base64") }),
    "data[0].mask_image: 30000×30000 is 900000000 pixels; at most 16777216 are accepted",
  ],
  [
    "0 steps",
    withRow({}, { num_inference_steps: 0 }),
    /^input_data\.parameters\.num_inference_steps: expected a whole number from 1 to 150, got 0$/,
  ],
  [
    "10 000 steps",
    withRow({}, { num_inference_steps: 10_000 }),
    /num_inference_steps: expected a whole number from 1 to 150, got 10000$/,
  ],
  [
    "text for a number",
    withRow({ num_inference_steps: "5" }),
    /^data\[0\]\.num_inference_steps: .*, got "5"$/,
  ],
  [
    "an unknown parameter",
    withRow({}, { steps: 5 }),
    /^input_data\.parameters: unknown parameter "steps"; known are num_inference_steps, /,
  ],
  [
    "infinite guidance",
    withRow({}).replace('"parameters":{}', '"parameters":{"guidance_scale":1e999}'),
    /guidance_scale: .*, got Infinity$/,
  ],
];
for (const [what, body, message] of BAD_BODIES) {
  test(`${what} is a 400 that says what and where`, async (t) => {
    assertRefused(await post(build(t).app, body), 400, message);
  });
}

test("after every bad body the server still answers", async (t) => {
  const { app } = build(t);
  for (const [, body] of BAD_BODIES) assert.equal((await post(app, body)).statusCode, 400);
  assert.equal((await app.inject("/health/ready")).statusCode, 200);
});

for (const type of [
  undefined,
  "text/plain",
  "application/jsonp",
  "multipart/form-data; boundary=x",
  "json",
  "application/",
]) {
  test(`content type ${type} is a 415`, async (t) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const reply = await post(build(t).app, Buffer.from("{}"), headers);
    assertRefused(reply, 415, "Expects Content-Type to be application/json");
  });
}

for (const type of [
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  "application/vnd.x+json",
  "text/x+json;a=b",
]) {
  test(`content type ${type} is read as JSON`, async (t) => {
    const reply = await post(build(t).app, "{}", { "content-type": type });
    assertRefused(reply, 400, /input_data/);
  });
}

test("a byte order mark before the JSON is skipped", async (t) => {
  assertRefused(await post(build(t).app, Buffer.from("\ufeff{}")), 400, /input_data/);
});

test("a body over the limit is a 413 that names the limit, also where its length is not announced", async (t) => {
  const { app } = build(t, { env: { MAX_BODY_BYTES: "2000" } });
  const message = "POST body is too large; at most 2000 bytes are accepted.";
  assertRefused(await post(app, Buffer.alloc(2001, " ")), 413, message);
  assert.equal((await post(app, Buffer.alloc(2000, " "))).statusCode, 400);

  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  for (const headers of [{ "content-length": "5000000" }, { "transfer-encoding": "chunked" }]) {
    const reply = await send(
      new URL("/score", address),
      { ...JSON_TYPE, ...headers },
      Buffer.alloc(5_000_000, " "),
    );
    assert.deepEqual(reply, { status: 413, body: JSON.stringify({ message }) });
  }
  assert.equal((await app.inject("/health/ready")).statusCode, 200);
});

/** @file Mistakes of clients as Azure ML's own server answers them, when that is asked for, and when it is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { INTERNAL_FAULT_MESSAGE, SERVER_FAULT_MESSAGE } from "../../src/http/answer/error-reply.js";
import { assertRefused, build, JSON_TYPE, post, ROW } from "./test-app.js";

const STRICT = { env: { AZUREML_STRICT: "true" } };
const FAILED = "x-ms-run-function-failed";
const { image, prompt } = ROW;

const BAD_INPUT = [
  ["no mask", { data: [{ prompt, image }] }, /^data\[0\]\.mask_image: missing/],
  [
    "text for an image",
    { data: [{ ...ROW, image: Buffer.from("some words").toString("base64") }] },
    /^data\[0\]\.image: not an image/,
  ],
  ["an unknown parameter", { data: [ROW], parameters: { secret_word: 1 } }, /unknown parameter/],
  ["an index of another length", { data: [ROW], index: [1, 2] }, /index/],
] as const;

for (const [what, input, message] of BAD_INPUT) {
  const body = JSON.stringify({ input_data: input });
  test(`${what} is a 400 that says so, or Azure ML's 500`, async (t) => {
    const told = await post(build(t).app, body);
    assertRefused(told, 400, message);
    assert.equal(told.headers[FAILED], "False");
    const { app, log } = build(t, STRICT);
    const strict = await post(app, body);
    assertRefused(strict, 500, SERVER_FAULT_MESSAGE);
    assert.equal(strict.headers[FAILED], "True");
    const line = JSON.stringify(await log.logged("request failed"));
    assert.match(
      line,
      /bad input, answered as Azure ML does: (?:data\[0\]\.(?:mask_)?image|input_data\.(?:parameters|index))"/,
    );
    assert.ok(!line.includes("secret_word"), "the caller's words stay out of the log");
  });
}

const FIELDS = { prompt, image };
const BAD_PLACES: readonly (readonly [what: string, body: object, places: string])[] = [
  ["rows by themselves", { instances: [ROW, FIELDS, [prompt]] }, "instances[1].mask_image, instances[2]"],
  ["a list of rows", { input_data: [[prompt, image, "!"]] }, "input_data[0].mask_image"],
  [
    "columns",
    { inputs: { prompt: [prompt, 3], image: [image, image], mask_image: [ROW.mask_image, "!"] } },
    "inputs.prompt[1], inputs.mask_image[1]",
  ],
  ["records", { dataframe_records: [FIELDS] }, "dataframe_records[0].mask_image"],
  ["split rows", { dataframe_split: { data: [FIELDS] } }, "dataframe_split.data[0].mask_image"],
  ["no rows", { instances: [] }, "instances"],
  [
    "labels of the caller's own",
    {
      inputs: { prompt: { 'SECRET"]: x': 1 }, image: { 'SECRET"]: x': image }, mask: { 'SECRET"]: x': "!" } },
    },
    'inputs.prompt["…"], inputs.mask["…"]',
  ],
];

test("the log says where the bad rows are, whatever shape they came in, and nothing of what they hold", async (t) => {
  for (const [what, body, places] of BAD_PLACES) {
    const { app, log } = build(t, STRICT);
    assertRefused(await post(app, JSON.stringify(body)), 500, SERVER_FAULT_MESSAGE);
    const { err } = await log.logged("request failed");
    const { message } = z.looseObject({ message: z.string() }).parse(err);
    const expected = `bad input, answered as Azure ML does: ${places}`;
    assert.equal(message, expected, what);
    assert.ok(!JSON.stringify(log.all).includes("SECRET"));
  }
  const rows = Array.from({ length: 16 }, () => ({}));
  const { app, log } = build(t, STRICT);
  await post(app, JSON.stringify({ instances: rows }));
  const { err } = await log.logged("request failed");
  assert.equal(
    JSON.stringify(err).match(/instances\[\d+\]\.\w+/g)?.length,
    40,
    "20 places, in message and stack",
  );
});

test("what Azure ML's server tells apart stays told apart", async (t) => {
  const { app } = build(t, STRICT);
  const bodies = [
    ["", "POST body is empty. Expecting a JSON dictionary."],
    ["[1]", "POST body should be a JSON dictionary."],
    ["{bad", /^POST body could not be decoded as JSON: ./],
    ['{"data":1}', "A value is not provided for the 'input_data' parameter."],
  ] as const;
  for (const [body, message] of bodies) {
    const reply = await post(app, body);
    assertRefused(reply, 400, message);
    assert.equal(reply.headers[FAILED], "False");
  }
  assertRefused(await post(app, "{}", {}), 415, "Expects Content-Type to be application/json");
});

test("a body that is not UTF-8 is a 400, or Azure ML's 500 that is not scoring's", async (t) => {
  const body = Buffer.from([0x7b, 0xff, 0x7d]);
  assertRefused(await post(build(t).app, body), 400, /it is not UTF-8$/);
  const strict = await post(build(t, STRICT).app, body);
  assertRefused(strict, 500, INTERNAL_FAULT_MESSAGE);
  assert.equal(strict.headers[FAILED], "False");
});

test("GET /score is a 405, or Azure ML's 400", async (t) => {
  assertRefused(await build(t).app.inject("/score"), 405, "The method is not allowed for the requested URL.");
  const strict = await build(t, STRICT).app.inject("/score?x=1");
  assertRefused(strict, 400, "A value is not provided for the 'input_data' parameter.");
  assert.ok(strict.headers["x-request-id"] !== undefined);
});

test("HEAD /score is a 405 without a body, from where ids are known", async (t) => {
  const { app } = build(t);
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  const reply = await fetch(new URL("/score", address), { method: "HEAD", headers: { "x-request-id": "A" } });
  assert.deepEqual([reply.status, await reply.text(), reply.headers.get("x-request-id")], [405, "", "A"]);
  assert.equal(reply.headers.get(FAILED), "False");
});

test("what is refused by its head is refused in this order", async (t) => {
  const { app } = build(t, { env: { MAX_BODY_BYTES: "1024" } });
  const long = "i".repeat(101);
  const put = { method: "PUT", url: "/score", payload: "x" } as const;
  assert.equal((await app.inject({ ...put, headers: { "x-request-id": long } })).statusCode, 431);
  assert.equal((await app.inject(put)).statusCode, 405);
  assert.equal((await post(app, " ".repeat(2000), {})).statusCode, 415);
  assert.equal((await post(app, " ".repeat(2000), JSON_TYPE)).statusCode, 413);
  assertRefused(await post(app, " "), 400, /decoded as JSON/);
});

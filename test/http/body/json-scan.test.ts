/** @file Structure is counted before the body is parsed: what a text holds is no structure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_STRUCTURE } from "../../../src/http/body/json-body.js";
import { scanJson } from "../../../src/http/body/json-scan.js";
import { assertRefused, build, post } from "../test-app.js";

function scan(json: string | Uint8Array) {
  const slices = scanJson(Buffer.from(json));
  for (let yields = 0; ; yields++) {
    const { done, value } = slices.next();
    if (done) return { ...value, yields };
  }
}

const count = (json: string) => scan(json).structure;

test("objects, lists and commas count, those inside texts do not", () => {
  assert.equal(count('{"a":[1,2,{"b":3}]}'), 5);
  assert.equal(count('"[{,"'), 0);
  assert.equal(count(String.raw`["\",\\",","]`), 2);
  assert.equal(count(""), 0);
  assert.equal(count('"no end [[['), 0);
});

/** Objects, lists and what stands between their entries, counted on the value itself. */
function structureOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const entries: unknown[] = Object.values(value);
  return entries.reduce<number>((sum, entry) => sum + structureOf(entry), Math.max(1, entries.length));
}

test("the count is that of the value, whatever its texts hold", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(count(JSON.stringify(value)), structureOf(value));
    }),
  );
});

const BOMBS = {
  "millions of empty rows": `{"input_data":{"data":[${"{},".repeat(4_000_000)}{}]}}`,
  "nesting of a million levels": `{"input_data":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`,
  "nesting that is never closed": '{"a":'.repeat(1_000_000),
};

for (const [what, body] of Object.entries(BOMBS)) {
  test(`a body of ${what} is a 400 that says the number and the limit`, async (t) => {
    const expected = `POST body has ${count(body)} objects, lists and commas; at most 20000 are accepted`;
    assertRefused(await post(build(t).app, body), 400, expected);
  });
}

test("as much structure as is accepted is read, however deep", async (t) => {
  const { app } = build(t);
  const levels = MAX_STRUCTURE - 5;
  const deep = "[".repeat(levels) + "]".repeat(levels);
  const row = `{"prompt":${deep},"image":1,"mask":2}`;
  assert.equal(count(`{"input_data":{"data":[${row}]}}`), MAX_STRUCTURE + 1);
  assertRefused(await post(app, `{"input_data":{"data":[${row}]}}`), 400, /^POST body has 20001 /);
  assertRefused(
    await post(app, `{"input_data":{"data":[${row.replace("[[", "[").replace("]]", "]")}]}}`),
    400,
    "data[0].prompt: expected text, got an array; data[0].image: expected text, got 1; data[0].mask: expected text, got 2",
  );
});

test("a prompt of commas and brackets is text", async (t) => {
  const prompt = ",[{".repeat(MAX_STRUCTURE);
  const body = JSON.stringify({ input_data: { data: [{ prompt }] } });
  assertRefused(await post(build(t).app, body), 400, /^data\[0\]\.prompt: has 60000 characters/);
});

/** @file What JSON.parse lets through and a checkpoint must not have: keys given twice, a byte order mark, broken UTF-8. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseStrictJson } from "../../../src/checkpoint/files/strict-json.js";

const parse = (text: string) => parseStrictJson(Buffer.from(text));

test("a key given twice in one object is refused by name", () => {
  const twice = [
    '{"a": 1, "a": 2}',
    '{"b": [{"a": 1 ,"x":{"a":2}, "a"\n: 2}]}',
    '{"a": "}", "a": 2}',
    '{"a": "\\"", "\\u0061": 2}',
    '{"": 1, "a": {}, "a": {}}',
  ];
  for (const text of twice) assert.throws(() => parse(text), /the key "a" is given twice/, text);
});

test("the same key in different objects, or as a value, is not twice", () => {
  for (const text of [
    '{"a": {"a": "a"}, "b": [{"a": 1}, {"a": 1}, "a", "a"]}',
    '["a", "a"]',
    '{"a{": "b", "a}": "b"}',
  ]) {
    assert.deepEqual(parse(text), JSON.parse(text));
  }
});

test("NaN, a byte order mark and broken UTF-8 are named", () => {
  assert.throws(() => parse('{"beta_start": NaN}'), /Unexpected token 'N'.*NaN/);
  assert.throws(() => parse('{"a": -Infinity}'), /number|Infinity/);
  assert.throws(() => parse("\uFEFF{}"), /byte order mark/);
  assert.throws(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22])), { message: "not UTF-8" });
});

test("a million open brackets end quickly, in an error", () => {
  for (const open of ["[", '{"a":']) assert.throws(() => parse(open.repeat(1_000_000)), Error);
});

test("every value that JSON.stringify writes is read back", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
      assert.deepEqual(parse(JSON.stringify(value, null, indent)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

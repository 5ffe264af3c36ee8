import assert from "node:assert/strict";
import { test } from "node:test";
import { contentKey, contentKeySlices, HASH_SLICE_BYTES } from "../../src/engine/content-key.js";

test("equal content has one key, whatever the order of its fields and where its bytes lie", () => {
  const apart = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4);
  const key = contentKey({ a: 1, b: { c: "x", d: [true, null] }, bytes: Uint8Array.of(1, 2, 3) });
  assert.equal(contentKey({ bytes: apart, b: { d: [true, null], c: "x" }, a: 1 }), key);
  assert.equal(contentKey({ bytes: Buffer.of(1, 2, 3), b: { d: [true, null], c: "x" }, a: 1 }), key);
  assert.match(key, /^[0-9a-f]{64}$/);
});

test("a field that is undefined counts as absent", () => {
  assert.equal(contentKey({ a: 1, b: undefined }), contentKey({ a: 1 }));
});

test("values that are not the same have keys that are not the same", () => {
  const values: readonly object[] = [
    {},
    [],
    { a: 1 },
    { a: "1" },
    { a: 10 },
    { a: [1] },
    { a: [1, 0] },
    { a: [[1], 0] },
    { a: { 0: 1 } },
    { a: true },
    { a: "true" },
    { a: null },
    { a: "null" },
    { a: "" },
    { a: 0 },
    { a: -0 },
    { a: Number.NaN },
    { a: 0.1 + 0.2 },
    { a: 0.3 },
    { b: 1 },
    { a: 1, b: 1 },
    { a: '1,"b"=1,' },
    { a: "\ud800" },
    { a: "\ud801" },
    { a: "\ufffd" },
    { a: "é" },
    { a: "e\u0301" },
    { a: ["x", "y"] },
    { a: ["xy"] },
    { a: ["x,", "y"] },
    { a: Uint8Array.of(1, 0, 0, 0) },
    { a: Uint32Array.of(1) },
    { a: Uint8Array.of(1, 0, 0) },
    { a: Uint8Array.of(1), b: Uint8Array.of(0) },
    { a: Uint8Array.of(1, 0), b: Uint8Array.of() },
    { a: { b: 1 }, c: 2 },
    { a: { b: 1, c: 2 } },
  ];
  const keys = values.map(contentKey);
  for (const [i, key] of keys.entries()) {
    assert.equal(
      keys.indexOf(key),
      i,
      `${JSON.stringify(values[i])} and ${JSON.stringify(values[keys.indexOf(key)])}`,
    );
  }
});

test("what is not plain data is refused, not named by less than it holds", () => {
  for (const value of [
    new Map([[1, 2]]),
    new Set(),
    new Date(0),
    { a: () => 1 },
    { a: Symbol("a") },
    [undefined],
  ]) {
    assert.throws(() => contentKey(value), TypeError);
  }
});

test("a long array is hashed a slice at a time, to the last byte", () => {
  const bytes = new Uint8Array(3 * HASH_SLICE_BYTES + 1);
  const slices = contentKeySlices({ image: { data: bytes } });
  let turns = 0;
  let step = slices.next();
  for (; !step.done; step = slices.next()) turns++;
  assert.equal(turns, 3);
  assert.equal(step.value, contentKey({ image: { data: bytes } }));
  for (const at of [0, HASH_SLICE_BYTES - 1, HASH_SLICE_BYTES, 3 * HASH_SLICE_BYTES]) {
    const other = bytes.slice().fill(1, at, at + 1);
    assert.notEqual(contentKey({ image: { data: other } }), step.value, `byte ${at}`);
  }
});

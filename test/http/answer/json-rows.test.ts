/** @file An answer in pieces: the text is that of the whole, and no piece is more than a slice of it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { BARE_ROWS, jsonRows } from "../../../src/http/answer/json-rows.js";

/** What a piece may have: a slice of base64, and less than that before it. */
const MAX_PIECE_CHARS = 2 * 2 ** 18;

/** The text of `rows` whole, their bytes as base64. */
const whole = (rows: readonly object[]) =>
  JSON.stringify(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [
          key,
          value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
        ]),
      ),
    ),
  );

test("the pieces are the text of the whole, whatever is in the rows", () => {
  const value = fc.oneof(fc.jsonValue(), fc.uint8Array({ maxLength: 9 }), fc.constant(undefined));
  const row = fc.dictionary(
    fc.string().filter((key) => key !== "__proto__"),
    value,
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      assert.equal([...jsonRows(rows, BARE_ROWS)].join(""), whole(rows));
    }),
  );
});

for (const bytes of [0, 1, 196_607, 196_608, 196_609, 5_000_000]) {
  test(`a file of ${bytes} bytes is written a slice at a time`, () => {
    const file = randomBytes(bytes);
    const pieces = [...jsonRows([{ before: "é", file, after: 1 }, { file: "" }], BARE_ROWS)];
    assert.ok(pieces.join("") === whole([{ before: "é", file, after: 1 }, { file: "" }]), "another text");
    assert.ok(Math.max(...pieces.map(({ length }) => length)) <= MAX_PIECE_CHARS);
    assert.ok(pieces.length <= 1 + (bytes * 4) / 3 / 196_608, `${pieces.length} pieces`);
  });
}

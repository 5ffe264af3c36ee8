/** @file Base64 as clients send it: every accepted dressing of the same bytes, and an exact refusal of the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { decodeBase64 } from "../../src/scoring/base64.js";

function refusal(text: string): string {
  try {
    decodeBase64(text);
  } catch (error) {
    assert.ok(error instanceof InpaintError);
    assert.equal(error.code, "INVALID_INPUT");
    return error.message;
  }
  return assert.fail(`accepted ${JSON.stringify(text)}`);
}

/** As Python's `base64.encodebytes`: a line break every 76 characters and one at the end. */
const inLines = (base64: string, lineBreak = "\n") => base64.replace(/.{1,76}/g, `$&${lineBreak}`);
const urlSafe = (base64: string) => base64.replaceAll("+", "-").replaceAll("/", "_");
const unpadded = (base64: string) => base64.replaceAll("=", "");

const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });

test("bytes survive a round trip through each dressing", () => {
  fc.assert(
    fc.property(bytes, (data) => {
      const base64 = Buffer.from(data).toString("base64");
      const dressings = [
        base64,
        inLines(base64),
        inLines(base64, "\r\n"),
        ` \t\f\v${base64}\n\n`,
        unpadded(base64),
        urlSafe(base64),
        unpadded(urlSafe(base64)),
        `data:image/png;base64,${base64}`,
        `DATA:image/svg+xml;charset=utf-8;Base64,${inLines(base64)}`,
        [...base64].join(" "),
      ];
      for (const text of dressings)
        assert.deepEqual(Buffer.from(decodeBase64(text)), Buffer.from(data), text);
    }),
  );
});

test("a character that is not base64 is named with its offset, wherever it stands", () => {
  const foreign = fc.constantFrom("!", "é", "\u0000", "%", ".", "€", "😀", ",", "\u00a0", "\ufeff");
  fc.assert(
    fc.property(bytes, fc.nat(), foreign, (data, at, character) => {
      const base64 = unpadded(Buffer.from(data).toString("base64"));
      const offset = at % base64.length;
      const text = base64.slice(0, offset) + character + base64.slice(offset);
      assert.equal(refusal(text), `not base64: character ${JSON.stringify(character)} at offset ${offset}`);
    }),
  );
});

test("any text is bytes or an InpaintError", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })), (text) => {
      try {
        assert.ok(decodeBase64(text).length > 0);
      } catch (error) {
        assert.ok(error instanceof InpaintError);
        assert.equal(error.code, "INVALID_INPUT");
      }
    }),
  );
});

const REFUSED = [
  ["", "is empty"],
  [" \n ", "is empty"],
  ["====", "not base64: 0 characters followed by 4 of padding"],
  ["data:image/png;base64,", "is empty"],
  ["A", "not base64: 1 characters do not make whole bytes"],
  ["QUJDR", "not base64: 5 characters do not make whole bytes"],
  ["QUJD=", "not base64: 4 characters followed by 1 of padding"],
  ["QQ=", "not base64: 2 characters followed by 1 of padding"],
  ["QQ===", "not base64: 2 characters followed by 3 of padding"],
  ["QQ==QQ==", 'not base64: character "Q" at offset 4'],
  ["hello world, this is text", 'not base64: character "," at offset 11'],
  ["http://example.com/a.png", "URLs are not accepted; send the image itself as base64"],
  [" HTTPS://127.0.0.1/a.png", "URLs are not accepted; send the image itself as base64"],
  ["data:text/plain;base64,QUJD", "not a base64 image: a data URI must begin with data:image/…;base64,"],
  ["data:image/png,QUJD", "not a base64 image: a data URI must begin with data:image/…;base64,"],
  ["file:///etc/passwd", 'not base64: character ":" at offset 4'],
  ["image1.png", 'not base64: character "." at offset 6'],
] as const;
for (const [text, message] of REFUSED) {
  test(`${JSON.stringify(text)} is refused`, () => assert.equal(refusal(text), message));
}

/** @file Base64 as clients send it: every accepted dressing of the same bytes, and an exact refusal of the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { base64Slices, decodeBase64, SLICE_CHARS } from "../../src/scoring/base64.js";
import { never } from "./scoring.js";

async function refusal(text: string): Promise<string> {
  try {
    await decodeBase64(text, never);
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

test("bytes survive a round trip through each dressing", async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async (data) => {
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
        assert.deepEqual(Buffer.from(await decodeBase64(text, never)), Buffer.from(data), text);
    }),
  );
});

test("a character that is not base64 is named with its offset, wherever it stands", async () => {
  const foreign = fc.constantFrom("!", "é", "\u0000", "%", ".", "€", "😀", ",", "\u00a0", "\ufeff");
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat(), foreign, async (data, at, character) => {
      const base64 = unpadded(Buffer.from(data).toString("base64"));
      const offset = at % base64.length;
      const text = base64.slice(0, offset) + character + base64.slice(offset);
      assert.equal(
        await refusal(text),
        `not base64: character ${JSON.stringify(character)} at offset ${offset}`,
      );
    }),
  );
});

test("any text is bytes or an InpaintError", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })),
      async (text) => {
        try {
          assert.ok((await decodeBase64(text, never)).length > 0);
        } catch (error) {
          assert.ok(error instanceof InpaintError);
          assert.equal(error.code, "INVALID_INPUT");
        }
      },
    ),
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
  test(`${JSON.stringify(text)} is refused`, async () => assert.equal(await refusal(text), message));
}

/** `text` as read a slice at a time, and after how many yields. */
function sliced(text: string): { bytes: Uint8Array; yields: number } {
  const slices = base64Slices(text);
  for (let yields = 0; ; yields++) {
    const { done, value } = slices.next();
    if (done) return { bytes: value, yields };
  }
}

for (const [dressing, dress] of [
  ["plain", (base64: string) => base64],
  ["in lines", inLines],
  ["URL-safe and unpadded", (base64: string) => unpadded(urlSafe(base64))],
  ["after a data URI's prefix", (base64: string) => `data:image/png;base64,${base64}`],
] as const) {
  test(`long text, ${dressing}, is read a slice at a time and gives the same bytes`, () => {
    const data = Buffer.from(Array.from({ length: 1_000_003 }, (_, i) => (i * i) >> 7));
    const text = dress(data.toString("base64"));
    const { bytes: decoded, yields } = sliced(text);
    assert.ok(data.equals(decoded));
    assert.equal(yields, Math.ceil((text.length - (text.indexOf(",") + 1)) / SLICE_CHARS) - 1);
  });
}

test("a foreign character is found in whichever slice it is", async () => {
  const base64 = "A".repeat(3 * SLICE_CHARS);
  for (const offset of [SLICE_CHARS - 1, SLICE_CHARS, 2 * SLICE_CHARS + 5]) {
    for (const character of ["!", "\u0141"]) {
      const text = base64.slice(0, offset) + character + base64.slice(offset + 1);
      assert.equal(
        await refusal(text),
        `not base64: character ${JSON.stringify(character)} at offset ${offset}`,
      );
    }
  }
});

test("padding without end is refused a slice at a time", () => {
  const text = `QUJD${"= ".repeat(SLICE_CHARS)}`;
  const slices = base64Slices(text);
  assert.equal(slices.next().done, false);
  assert.equal(slices.next().done, false);
  assert.throws(() => slices.next(), {
    message: `not base64: 4 characters followed by ${SLICE_CHARS} of padding`,
  });
});

test("a text that is not wanted any more is not read on", async () => {
  const gone = new AbortController();
  const bad = `${"A".repeat(2 * SLICE_CHARS)}!`;
  const reading = decodeBase64(bad, gone.signal);
  gone.abort();
  await assert.rejects(reading, { code: "CANCELLED" });
});

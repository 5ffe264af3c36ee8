/** @file Pieces of a text: none too long, nothing lost, no phrase cut unseen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_PIECE_CHARS, textPieces } from "../../src/safety/text-pieces.js";

const lengthOf = (text: string) => Array.from(text).length;

test("a text of up to the limit is one piece, counted in code points", () => {
  assert.deepEqual(textPieces("a dog"), ["a dog"]);
  for (const char of ["a", "🙂"]) {
    const text = char.repeat(MAX_PIECE_CHARS);
    assert.deepEqual(textPieces(text), [text]);
    assert.equal(textPieces(`${text}a`).length, 2);
  }
});

test("wherever a phrase of 1000 characters lies, one piece has it whole", () => {
  const phrase = "🙂".repeat(1000);
  for (let start = 8000; start <= 11_000; start += 97) {
    const text = `${"a".repeat(start)}${phrase}${"b".repeat(20_000 - start)}`;
    const pieces = textPieces(text);
    for (const piece of pieces) assert.ok(lengthOf(piece) <= MAX_PIECE_CHARS);
    assert.ok(
      pieces.some((piece) => piece.includes(phrase)),
      `the phrase at ${start}`,
    );
    assert.ok(text.startsWith(pieces[0] ?? "-") && text.endsWith(pieces.at(-1) ?? "-"));
  }
});

test("half a surrogate pair becomes U+FFFD, whole pairs stay", () => {
  assert.deepEqual(textPieces("a\ud83d 🙂 \ude00b"), ["a\ufffd 🙂 \ufffdb"]);
});

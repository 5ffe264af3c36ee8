/** @file Token ids against transformers (test/scripts/goldens/tokens.py). */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { readTokenizerFiles } from "../../src/checkpoint/tokenizer/tokenizer-files.js";
import { ClipTokenizer } from "../../src/tokenizer/clip-tokenizer.js";
import { fixturePath, randomCheckpointPath } from "../support/paths.js";

interface Golden {
  readonly prompt: string;
  readonly ids: readonly number[];
  /** Of the whole prompt, start and end token included. */
  readonly length: number;
}

const files = await readTokenizerFiles(`${randomCheckpointPath}/tokenizer`);
const tokenizer = new ClipTokenizer(files);
const goldens: readonly Golden[] = JSON.parse(
  await readFile(fixturePath("golden/tokens/tokens.json"), "utf8"),
);

for (const { prompt, ids, length } of goldens) {
  test(`ids of ${JSON.stringify(prompt).slice(0, 60)}`, () => {
    const tokenized = tokenizer.encode(prompt);
    assert.deepEqual([...tokenized.ids], ids);
    assert.equal(tokenized.cutText !== undefined, length > 77, "a cut is told, and only a cut");
  });
}

const jsonOnly = new ClipTokenizer(
  await readTokenizerFiles(fixturePath("golden/tokens/tokenizer-json-only")),
);
const jsonOnlyGoldens: readonly Golden[] = JSON.parse(
  await readFile(fixturePath("golden/tokens/tokens-json-only.json"), "utf8"),
);

for (const { prompt, ids } of jsonOnlyGoldens) {
  test(`ids of ${JSON.stringify(prompt).slice(0, 60)} from tokenizer.json alone, with added tokens`, () => {
    assert.deepEqual([...jsonOnly.encode(prompt).ids], ids);
  });
}

test("the text that was cut off is named", () => {
  const { cutText } = tokenizer.encode(`${"a ".repeat(75)}bench in a park`);
  assert.equal(cutText, "bench in a park");
});

test("a vocabulary without its special tokens is refused by name", () => {
  const { "<|endoftext|>": _, ...vocabulary } = files.vocabulary;
  assert.throws(() => new ClipTokenizer({ ...files, vocabulary }), {
    code: "INVALID_CHECKPOINT",
    message: /<\|endoftext\|>/,
  });
});

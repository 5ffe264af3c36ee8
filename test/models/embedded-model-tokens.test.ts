/** @file The embedded vocabulary against transformers (test/scripts/goldens/embedded_tokens.py). */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";
import { readTokenizerFiles } from "../../src/checkpoint/tokenizer/tokenizer-files.js";
import { ClipTokenizer } from "../../src/tokenizer/clip-tokenizer.js";
import { fixturePath } from "../support/paths.js";

const TOKENS = 77;
/** "!", as in Stable Diffusion 2. */
const PAD = 0;
const FEWEST = 200;

test("the embedded vocabulary gives transformers' token ids, for its captions and for strange text", async () => {
  const tokenizer = new ClipTokenizer(await readTokenizerFiles(`${EMBEDDED_MODEL_DIR}/tokenizer`));
  const goldens: readonly (readonly [prompt: string, ids: readonly number[]])[] = JSON.parse(
    await readFile(fixturePath("golden/embedded_tokens/tokens.json"), "utf8"),
  );
  assert.ok(goldens.length >= FEWEST, `${goldens.length} prompts`);
  for (const [prompt, ids] of goldens) {
    const padded = [...ids, ...Array<number>(TOKENS - ids.length).fill(PAD)];
    assert.deepEqual([...tokenizer.encode(prompt).ids], padded, JSON.stringify(prompt));
  }
});

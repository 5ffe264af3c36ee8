/** @file Which texts of a job are encoded, in which order, and which answer is whose. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { PromptTexts } from "../../../src/engine/worker/prompt-texts.js";
import { tensor } from "../../../src/tensor/tensor.js";
import { sampleJob } from "../../support/sample.js";
import { loadTestModel } from "../../support/test-model.js";

const model = await loadTestModel();
after(() => model.release());
const { tokenizer } = model;
const embeds = (value: number) => tensor<"B,77,d">([1, 77, 1], new Float32Array(77).fill(value));

test("with guidance the negative prompt comes first, without clip_skip, then the prompt with it", () => {
  const job = sampleJob({ prompt: "a cat", negativePrompt: "a dog", clipSkip: 2, guidanceScale: 2 });
  const texts = new PromptTexts(tokenizer, job);
  const negative = texts.missing;
  assert.deepEqual([negative?.ids, negative?.clipSkip], [tokenizer.encode("a dog").ids, 0]);
  assert.deepEqual(texts.missing?.ids, negative?.ids, "asking takes nothing");
  negative?.take(embeds(1));
  const prompt = texts.missing;
  assert.deepEqual([prompt?.ids, prompt?.clipSkip], [tokenizer.encode("a cat").ids, 2]);
  assert.throws(() => texts.embeds, /a prompt is not encoded/);
  prompt?.take(embeds(2));
  assert.equal(texts.missing, undefined);
  assert.deepEqual(texts.embeds, { prompt: embeds(2), negative: embeds(1) });
});

test("without guidance there is one text, and it stands for both", () => {
  const texts = new PromptTexts(tokenizer, sampleJob({ guidanceScale: 1, negativePrompt: "a dog" }));
  assert.deepEqual(texts.missing?.ids, tokenizer.encode(sampleJob().prompt).ids);
  texts.missing?.take(embeds(3));
  assert.equal(texts.missing, undefined);
  assert.deepEqual(texts.embeds, { prompt: embeds(3), negative: embeds(3) });
});

test("a warning shows no more than the beginning of what was cut", () => {
  const long = "word ".repeat(500);
  const { warnings } = new PromptTexts(tokenizer, sampleJob({ prompt: long }));
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? "",
    /^prompt is longer than the 77 tokens the model reads; left out: "[^"]{81}"$/,
  );
  assert.ok(warnings[0]?.endsWith('…"'));
});

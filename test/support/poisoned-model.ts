/** @file The random checkpoint, spoilt so that it answers NaN to one prompt and as ever to others. Knows no expectation. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { copyCheckpoint, readTensors } from "./checkpoint-copy.js";
import { writeSafetensors } from "./safetensors-writer.js";
import { loadTestModel } from "./test-model.js";

/** The folder of the model. `bad` has to have a word that `good` have not. */
export async function poisonedModel(t: TestContext, bad: string, good: readonly string[]): Promise<string> {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "text_encoder", "model.safetensors");
  const tensors = await readTensors(path);
  const name = "text_model.embeddings.token_embedding.weight";
  const table = tensors.get(name);
  assert.ok(table !== undefined);
  const rowBytes = 4 * (table.shape[1] ?? 0);
  const bytes = Uint8Array.from(table.bytes);
  const poisoned = await idsOnlyIn(bad, good);
  assert.ok(poisoned.length > 0);
  for (const id of poisoned) bytes.fill(0xff, id * rowBytes, (id + 1) * rowBytes); // all bits set is a NaN
  tensors.set(name, { ...table, bytes });
  await writeSafetensors(path, tensors);
  return folder;
}

/** Token ids that `bad` has and `good`, the empty prompt and the special tokens have not. */
async function idsOnlyIn(bad: string, good: readonly string[]): Promise<readonly number[]> {
  const model = await loadTestModel();
  const { tokenizer } = model;
  await model.release();
  const others = new Set(["", ...good].flatMap((text) => [...tokenizer.encode(text).ids]));
  return [...new Set(tokenizer.encode(bad).ids)].filter((id) => !others.has(id));
}

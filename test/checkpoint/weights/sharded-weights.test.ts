/** @file Weights in several files with an index: what is found, and every way in which files and index can disagree. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openWeights } from "../../../src/checkpoint/weights/open-weights.js";
import { assertRefused } from "../../support/refusal.js";
import { type TensorToWrite, writeSafetensors } from "../../support/safetensors-writer.js";
import { writeTorchFile } from "../../support/torch-writer.js";

const tensor = (value: number): TensorToWrite => ({
  dtype: "F32",
  shape: [1],
  bytes: new Uint8Array(Float32Array.of(value).buffer),
});

const FIRST = "model-00001-of-00002.safetensors";
const SECOND = "model-00002-of-00002.safetensors";

/** Two files, one with "a" and "b", one with "c", and an index that says so unless told otherwise. */
async function shards(t: TestContext, index: unknown = { weight_map: { a: FIRST, b: FIRST, c: SECOND } }) {
  const folder = await mkdtemp(join(tmpdir(), "shards-"));
  t.after(() => rm(folder, { recursive: true }));
  const pairs = [
    ["a", tensor(1)],
    ["b", tensor(2)],
  ] as const;
  await writeSafetensors(join(folder, FIRST), new Map(pairs));
  await writeSafetensors(join(folder, SECOND), new Map([["c", tensor(3)]]));
  const path = join(folder, "model.safetensors.index.json");
  await writeFile(path, JSON.stringify(index));
  return { folder, path };
}

test("all tensors of all files, each with its file", async (t) => {
  const { path } = await shards(t);
  const opened = await openWeights(path);
  assert.equal(opened.path, path);
  const files = [...opened.tensors].map(([name, { file }]) => [name, file.fileName]);
  assert.deepEqual(Object.fromEntries(files), { a: FIRST, b: FIRST, c: SECOND });
});

test("torch files can be shards too", async (t) => {
  const { folder } = await shards(t);
  await writeTorchFile(join(folder, "one.bin"), new Map([["a", tensor(1)]]));
  await writeTorchFile(join(folder, "two.bin"), new Map([["b", tensor(2)]]));
  const path = join(folder, "pytorch_model.bin.index.json");
  await writeFile(
    path,
    JSON.stringify({ metadata: { total_size: 8 }, weight_map: { a: "one.bin", b: "two.bin" } }),
  );
  assert.deepEqual([...(await openWeights(path)).tensors.keys()], ["a", "b"]);
});

test("a tensor that a file holds and the index leaves out is there, as the reference has it", async (t) => {
  const { path } = await shards(t, { weight_map: { a: FIRST, c: SECOND } });
  assert.deepEqual([...(await openWeights(path)).tensors.keys()], ["a", "b", "c"]);
});

test("a file that is missing is named, with how much of the weights it holds", async (t) => {
  const { folder, path } = await shards(t);
  await rm(join(folder, FIRST));
  await assertRefused(
    openWeights(path),
    path,
    /model-00001-of-00002\.safetensors with 2 of its 3 tensors is missing/,
  );
});

test("a tensor in two files is named", async (t) => {
  const { folder, path } = await shards(t);
  await writeSafetensors(
    join(folder, SECOND),
    new Map([
      ["c", tensor(3)],
      ["b", tensor(4)],
    ]),
  );
  await assertRefused(openWeights(path), path, new RegExp(`b lies in ${FIRST} and in ${SECOND}`));
});

test("a tensor that its file lacks is named", async (t) => {
  const index = { weight_map: { a: FIRST, b: SECOND, c: SECOND } };
  const { path } = await shards(t, index);
  await assertRefused(
    openWeights(path),
    path,
    new RegExp(`b should lie in ${SECOND}, which does not hold it`),
  );
});

for (const name of ["../x", "sub/x", "/etc/passwd", "..", ".", "", "a\\b", "a\0b", "x".repeat(256)]) {
  test(`the file name ${JSON.stringify(name.slice(0, 20))} is refused`, async (t) => {
    const { path } = await shards(t, { weight_map: { a: FIRST, b: name } });
    await assertRefused(openWeights(path), path, /is not the name of a file beside it/);
  });
}

test("an index of nothing, of too much, of itself or of something else", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [String(i), `${i}.safetensors`]));
  const empty = await shards(t, { weight_map: {} });
  await assertRefused(openWeights(empty.path), empty.path, /names 0 files/);
  const full = await shards(t, { weight_map: many });
  await assertRefused(openWeights(full.path), full.path, /names 1001 files; 1 to 1000 are read/);
  const other = await shards(t, { weights: [] });
  await assertRefused(openWeights(other.path), other.path, /weight_map/);
  const itself = await shards(t, { weight_map: { a: "model.safetensors.index.json" } });
  await assertRefused(openWeights(itself.path), itself.path, /neither a safetensors file nor a torch file/);
});

test("an index with a tensor given twice is refused by its name", async (t) => {
  const { path } = await shards(t);
  await writeFile(path, `{"weight_map": {"a": "${FIRST}", "b": "${FIRST}", "a": "${SECOND}"}}`);
  await assertRefused(openWeights(path), path, /the key "a" is given twice/);
});

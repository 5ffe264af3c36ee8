/** @file The hash of a checkpoint: what changes it, and what does not. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { modelHash } from "../../src/checkpoint/model-hash.js";
import { openWeights } from "../../src/checkpoint/open-weights.js";
import { type TensorToWrite, writeSafetensors } from "../support/safetensors-writer.js";

const tensor = (fill: number, shape = [2, 3]): TensorToWrite => {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: "F32", shape, bytes: new Uint8Array(new Float32Array(count).fill(fill).buffer) };
};
const TENSORS: readonly (readonly [string, TensorToWrite])[] = [
  ["b.bias", tensor(1, [3])],
  ["a.weight", tensor(2)],
  ["c.weight", tensor(3, [4, 100])],
];

async function hashOf(
  t: TestContext,
  tensors: readonly (readonly [string, TensorToWrite])[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "model.safetensors");
  await writeSafetensors(path, new Map(tensors));
  return modelHash([await openWeights(path)]);
}

test("the order of the tensors in the file makes no difference", async (t) => {
  const hash = await hashOf(t, TENSORS);
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.equal(await hashOf(t, TENSORS.toReversed()), hash);
});

test("a name, a shape, a type and a value each make one", async (t) => {
  const [first = ["", tensor(0)] as const, ...rest] = TENSORS;
  const [name, { bytes }] = first;
  const changed: readonly (readonly [string, TensorToWrite])[] = [
    ["b.biases", tensor(1, [3])],
    [name, tensor(1, [3, 1])],
    [name, { dtype: "F16", shape: [6], bytes }],
    [name, tensor(1.5, [3])],
  ];
  const hashes = [await hashOf(t, TENSORS)];
  for (const entry of changed) hashes.push(await hashOf(t, [entry, ...rest]));
  assert.equal(new Set(hashes).size, 5);
});

test("which component has the tensors makes a difference", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  t.after(() => rm(folder, { recursive: true }));
  const [one, other] = [join(folder, "1.safetensors"), join(folder, "2.safetensors")];
  await writeSafetensors(one, new Map(TENSORS));
  await writeSafetensors(other, new Map(TENSORS.slice(1)));
  const sets = [await openWeights(one), await openWeights(other)];
  assert.notEqual(await modelHash(sets), await modelHash(sets.toReversed()));
});

test("a file that was cut after its header was read is refused by its path", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hash-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "model.safetensors");
  await writeSafetensors(path, new Map(TENSORS));
  const weights = await openWeights(path);
  await writeFile(path, "short");
  await assert.rejects(modelHash([weights]), {
    code: "INVALID_CHECKPOINT",
    message: /model\.safetensors: ends/,
  });
});

/** @file A graph's weights lie in several files, in several folders: the runtime finds each where it lies. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openWeights } from "../../src/checkpoint/weights/open-weights.js";
import { openSafetensors } from "../../src/checkpoint/weights/safetensors-file.js";
import type { WeightSet } from "../../src/checkpoint/weights/weights.js";
import { readTensors } from "../support/checkpoint-copy.js";
import { writeSafetensors } from "../support/safetensors-writer.js";
import { writeTorchFile } from "../support/torch-writer.js";
import { decodeWith, randomVaePath } from "../support/vae-decoder.js";

/** The random VAE's tensors dealt in turn to files of these names below a new folder. */
async function deal(t: TestContext, ...names: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "dealt-"));
  t.after(() => rm(folder, { recursive: true }));
  const tensors = [...(await readTensors(randomVaePath))];
  return Promise.all(
    names.map(async (name, turn) => {
      const path = join(folder, name);
      await mkdir(join(path, ".."), { recursive: true });
      const dealt = tensors.filter((_, i) => i % names.length === turn);
      await writeSafetensors(path, new Map(dealt));
      return path;
    }),
  );
}

async function merged(paths: readonly string[]): Promise<WeightSet> {
  const sets = await Promise.all(paths.map(openSafetensors));
  return { path: paths[0] ?? "", tensors: new Map(sets.flatMap(({ tensors }) => [...tensors])) };
}

test("files in sub-folders of a common folder", async (t) => {
  const paths = await deal(t, "a.safetensors", "sub/b.safetensors", "other/deeper/c d.safetensors");
  const expected = await decodeWith(await openSafetensors(randomVaePath));
  assert.ok(expected.some((value) => value !== 0));
  assert.deepEqual(await decodeWith(await merged(paths)), expected);
});

test("files behind links, as a hub cache has them", async (t) => {
  const [first = "", second = ""] = await deal(t, "blobs/0a1b", "blobs/2c3d");
  const links = [first, second].map((path, i) => join(path, `../../snapshot-${i}.safetensors`));
  await symlink(first, links[0] ?? "");
  await symlink(second, links[1] ?? "");
  const expected = await decodeWith(await openSafetensors(randomVaePath));
  assert.deepEqual(await decodeWith(await merged(links)), expected);
});

test("a torch archive: the graph points at the entries of the file itself", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "torch-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "vae.ckpt");
  await writeTorchFile(path, await readTensors(randomVaePath));
  const set = await openWeights(path);
  const misaligned = [...set.tensors.values()].filter(({ offset }) => offset % 4 !== 0);
  assert.ok(misaligned.length > 0, "tensors that begin anywhere");
  const expected = await decodeWith(await openSafetensors(randomVaePath));
  assert.deepEqual(await decodeWith(set), expected);
});

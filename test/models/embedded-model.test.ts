/** @file The embedded model in the repository is what its script writes, byte for byte, and small. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeEmbeddedModel } from "../scripts/make-embedded-model.js";
import { modelPath } from "../support/paths.js";

const MAX_BYTES = 5_000_000;

async function filesBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

test("models/ holds what the script makes from its seed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "embedded-"));
  t.after(() => rm(folder, { recursive: true }));
  await makeEmbeddedModel(folder);
  const names = await filesBelow(folder);
  assert.deepEqual(names, await filesBelow(modelPath));
  for (const name of names) {
    const [made, shipped] = await Promise.all([
      readFile(join(folder, name)),
      readFile(join(modelPath, name)),
    ]);
    assert.ok(made.equals(shipped), `${name} differs from what the script writes`);
  }
});

test("the embedded model is at most 5 MB", async () => {
  const sizes = await Promise.all(
    (await filesBelow(modelPath)).map(async (name) => (await stat(join(modelPath, name))).size),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total <= MAX_BYTES, `${total} bytes`);
});

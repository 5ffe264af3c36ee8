/** @file The random checkpoint in the repository is what its script writes, byte for byte, and small. */
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { randomCheckpointPath } from "../support/paths.js";
import { filesBelow, temporaryFolder } from "../support/temporary-folder.js";
import { makeRandomCheckpoint } from "./make-random-checkpoint.js";

const MAX_BYTES = 5_000_000;

test("the fixture holds what the script makes from its seed", async (t) => {
  const folder = await temporaryFolder(t);
  await makeRandomCheckpoint(folder);
  const names = await filesBelow(folder);
  assert.deepEqual(names, await filesBelow(randomCheckpointPath));
  for (const name of names) {
    const [made, kept] = await Promise.all([
      readFile(join(folder, name)),
      readFile(join(randomCheckpointPath, name)),
    ]);
    assert.ok(made.equals(kept), `${name} differs from what the script writes`);
  }
});

test("the fixture is at most 5 MB", async () => {
  const paths = (await filesBelow(randomCheckpointPath)).map((name) => join(randomCheckpointPath, name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total <= MAX_BYTES, `${total} bytes`);
});

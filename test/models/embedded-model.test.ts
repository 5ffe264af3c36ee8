/** @file The embedded model in the repository is small: each of its versions stays in the history. */
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";
import { filesBelow } from "../support/temporary-folder.js";

const MAX_BYTES = 25_000_000;

test("the embedded model is at most 25 MB", async (t) => {
  const paths = (await filesBelow(EMBEDDED_MODEL_DIR)).map((name) => join(EMBEDDED_MODEL_DIR, name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${total} bytes in ${paths.length} files`);
  assert.ok(total <= MAX_BYTES, `${total} bytes`);
});

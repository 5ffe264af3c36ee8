/** @file The embedded model in the repository is whole, and small: each of its versions stays in the history. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";
import { filesBelow } from "../support/temporary-folder.js";

const MAX_BYTES = 25_000_000;
const BESIDE_CHECKPOINT = ["LICENSE", "README.md", "SHA256SUMS"];

test("the embedded model is at most 25 MB", async (t) => {
  const paths = (await filesBelow(EMBEDDED_MODEL_DIR)).map((name) => join(EMBEDDED_MODEL_DIR, name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${total} bytes in ${paths.length} files`);
  assert.ok(total <= MAX_BYTES, `${total} bytes`);
});

test("the embedded model's files are those that its SHA256SUMS name", async () => {
  const text = await readFile(join(EMBEDDED_MODEL_DIR, "SHA256SUMS"), "utf8");
  const listed = text.trimEnd().split("\n");
  const names = (await filesBelow(EMBEDDED_MODEL_DIR)).filter((name) => !BESIDE_CHECKPOINT.includes(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const content = await readFile(join(EMBEDDED_MODEL_DIR, name));
      return `${createHash("sha256").update(content).digest("hex")}  ${name}`;
    }),
  );
  const byName = (a: string, b: string) => a.slice(66).localeCompare(b.slice(66));
  assert.deepEqual([...listed].sort(byName), found.sort(byName));
});

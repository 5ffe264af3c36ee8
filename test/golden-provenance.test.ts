/** @file Every golden file is the one whose maker, versions and checksum PROVENANCE.json records. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { readGoldenJson } from "./support/golden.js";
import { fixturePath, rootPath } from "./support/paths.js";

const provenance = readGoldenJson(
  "PROVENANCE.json",
  z.strictObject({
    command: z.literal("python test/scripts/make_goldens.py"),
    python: z.string(),
    machine: z.string(),
    packages: z.record(z.string(), z.string()),
    sha256: z.record(z.string(), z.string()),
  }),
);

test("the checksums are those of the files, none missing and none more", async () => {
  const golden = fixturePath("golden");
  const entries = await readdir(golden, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sums = await Promise.all(
    files.map(async (file) => {
      const name = relative(golden, file).split(sep).join("/");
      return [
        name,
        createHash("sha256")
          .update(await readFile(file))
          .digest("hex"),
      ] as const;
    }),
  );
  const recorded = Object.fromEntries(sums.filter(([name]) => name !== "PROVENANCE.json"));
  assert.deepEqual(recorded, provenance.sha256);
});

test("the versions are those that requirements.txt pins", async () => {
  const pins = (await readFile(join(rootPath, "test/scripts/requirements.txt"), "utf8")).trim().split("\n");
  for (const pin of pins) {
    const [name = "", version] = pin.split("==");
    const used = provenance.packages[name.toLowerCase()];
    if (used !== undefined) assert.equal(used, version, name);
  }
});

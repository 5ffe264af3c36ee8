/** @file Headers that are not what the format says: each a clear error naming the file and the tensor. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { openSafetensors } from "../../../src/checkpoint/weights/safetensors-file.js";
import { writeSafetensors } from "../../support/safetensors-writer.js";

const folder = await realpath(await mkdtemp(join(tmpdir(), "safetensors-")));
after(() => rm(folder, { recursive: true }));

/** A file of a header (its length told truly unless said otherwise) and `dataBytes` zeros. */
async function write(header: string, { length = BigInt(Buffer.byteLength(header)), dataBytes = 16 } = {}) {
  const path = join(folder, "weights.safetensors");
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length);
  await writeFile(path, Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(dataBytes)]));
  return path;
}

const entry = (dtype: string, shape: readonly number[], data_offsets: readonly number[]) => ({
  dtype,
  shape,
  data_offsets,
});

const HOSTILE: readonly (readonly [what: string, header: unknown, message: RegExp])[] = [
  [
    "a length that is not dtype × shape",
    { a: entry("F32", [4], [0, 8]) },
    /a: F32 \[4\] takes 16 bytes.*gives 8/,
  ],
  ["an end past the file", { a: entry("F32", [8], [0, 32]) }, /a: ends at byte \d+ of a file of \d+ bytes/],
  ["an end before the beginning", { a: entry("F32", [1], [8, 4]) }, /a: F32 \[1\] takes 4 bytes.*gives -4/],
  ["overlapping tensors", { a: entry("F32", [2], [0, 8]), b: entry("F32", [2], [4, 12]) }, /b overlaps a/],
  [
    "bytes between tensors",
    { a: entry("F32", [1], [0, 4]), b: entry("F32", [2], [8, 16]) },
    /4 bytes between a and b/,
  ],
  ["bytes before the first", { a: entry("F32", [3], [4, 16]) }, /4 bytes between the header and a/],
  ["a file longer than its tensors", { a: entry("F32", [3], [0, 12]) }, /4 bytes after the last tensor, a/],
  ["an unknown type", { a: entry("F3", [1], [0, 4]) }, /a: .*dtype/s],
  ["a negative size", { a: entry("F32", [-1], [0, 4]) }, /a: .*shape/s],
  ["a fractional size", { a: entry("F32", [0.5], [0, 2]) }, /a: .*shape/s],
  ["a shape too large for any file", { a: entry("F32", [2 ** 40, 2 ** 40], [0, 4]) }, /a: F32 .* takes/],
  ["too many axes", { a: entry("F32", Array(9).fill(1), [0, 4]) }, /a: .*shape/s],
  ["an entry that is no object", { a: 3 }, /a: /],
  ["a name of any length", { ["x".repeat(100_000)]: {} }, /: x{200}…: a name of 100000 characters/],
  ["metadata that is no text", { __metadata__: { format: 1 } }, /__metadata__: .*"format": /],
  ["a surplus key", { a: { ...entry("F32", [1], [0, 4]), extra: 1 } }, /a: .*extra/s],
];

for (const [what, header, message] of HOSTILE) {
  test(`refuses ${what}`, async () => {
    const path = await write(JSON.stringify(header));
    await assert.rejects(openSafetensors(path), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_CHECKPOINT");
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.match(error.message, message);
      assert.ok(error.message.length < 2000, `a message of ${error.message.length} characters`);
      return true;
    });
  });
}

test("an empty tensor may stand where another begins, in any order", async () => {
  const path = await write(
    JSON.stringify({ a: entry("F32", [2], [0, 8]), none: entry("F32", [0], [0, 0]) }),
    {
      dataBytes: 8,
    },
  );
  assert.deepEqual([...(await openSafetensors(path)).tensors.keys()], ["a", "none"]);
});

for (const length of [0n, 1n, 100n, 25_000_001n, 2n ** 60n, 2n ** 64n - 1n]) {
  test(`refuses a header length of ${length} in a short file, without allocating it`, async () => {
    await assert.rejects(openSafetensors(await write("{}", { length })), /cannot have a header of/);
  });
}

test("refuses a header that is not a JSON object", async () => {
  for (const header of ["nonsense", "[]", '{"a": NaN}', "null"]) {
    await assert.rejects(openSafetensors(await write(header)), /not a JSON object|the header is not JSON: /);
  }
});

test("refuses an empty file and a missing one", async () => {
  const empty = join(folder, "empty.safetensors");
  await writeFile(empty, "");
  await assert.rejects(openSafetensors(empty), /a file of 0 bytes has no header/);
  await assert.rejects(openSafetensors(join(folder, "missing")), /missing: this file is missing/);
});

test("any bytes are tensors or an InpaintError", async () => {
  const header = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(fc.string(), fc.jsonValue()).map((o) => JSON.stringify(o)),
  );
  await fc.assert(
    fc.asyncProperty(header, async (text) => {
      const opened = await openSafetensors(await write(text)).catch((error: Error) => error);
      assert.ok(!(opened instanceof Error) || opened.name === "InpaintError");
    }),
    { numRuns: 200 },
  );
});

test("what was written is found, at its place, behind a symbolic link too", async () => {
  const path = join(folder, "real.safetensors");
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  await writeSafetensors(path, new Map([["a.b", { dtype: "F32", shape: [2, 1], bytes }]]));
  await mkdir(join(folder, "snapshot"));
  const link = join(folder, "snapshot", "link.safetensors");
  await symlink(path, link);
  const set = await openSafetensors(link);
  const file = { path: link, directory: folder, fileName: "real.safetensors" };
  const { size } = await stat(path);
  const stored = { name: "a.b", dtype: "F32", shape: [2, 1], offset: size - 8, length: 8, file };
  assert.deepEqual([...set.tensors.values()], [stored]);
});

/** @file Formats are told by content: the name decides nothing, and what is no weights file is called what it is. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openWeights } from "../../../src/checkpoint/weights/open-weights.js";
import { assertRefused } from "../../support/refusal.js";
import { type TensorToWrite, writeSafetensors } from "../../support/safetensors-writer.js";
import { writeTorchFile } from "../../support/torch-writer.js";

const folder = await mkdtemp(join(tmpdir(), "formats-"));
after(() => rm(folder, { recursive: true }));

const tensors = new Map<string, TensorToWrite>([
  ["a", { dtype: "F32", shape: [1], bytes: new Uint8Array(4) }],
]);

test("a torch file named safetensors and a safetensors file named ckpt open as what they are", async () => {
  const [torch, safe] = [join(folder, "model.safetensors"), join(folder, "model.ckpt")];
  await writeTorchFile(torch, tensors);
  await writeSafetensors(safe, tensors);
  for (const path of [torch, safe]) assert.deepEqual([...(await openWeights(path)).tensors.keys()], ["a"]);
});

test("a safetensors file whose length looks like a pickle's beginning is a safetensors file", async () => {
  const path = join(folder, "long.safetensors");
  // A header of 0x0280 bytes: PROTO 2.
  const header = '{"__metadata__":{}}'.padEnd(0x0280, " ");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(path, Buffer.concat([length, Buffer.from(header)]));
  assert.equal((await openWeights(path)).tensors.size, 0);
});

const tar = Buffer.alloc(512);
tar.write("ustar", 257);

const REFUSED: readonly (readonly [what: string, name: string, content: Uint8Array, message: RegExp])[] = [
  ["an empty file", "a.safetensors", Buffer.alloc(0), /an empty file/],
  [
    "a Git LFS pointer",
    "b.safetensors",
    Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
    /a Git LFS pointer, not the file it stands for/,
  ],
  ["an unfinished download", "c.safetensors.incomplete", Buffer.from("{}"), /a download that did not finish/],
  ["a raw pickle", "d.bin", Buffer.from([0x80, 2, 0x4e, 0x2e]), /a pickle without a zip archive/],
  ["a tar archive", "e.pt", tar, /a tar archive: a torch file from before 0\.2/],
  [
    "a web page",
    "f.ckpt",
    Buffer.from("<!DOCTYPE html><html>"),
    /neither .*: begins with "<!DOCTYPE html><"/,
  ],
  [
    "zeros, as a cut-off download may hold",
    "g.safetensors",
    Buffer.alloc(100),
    /neither .*: begins with "\\u0000/,
  ],
  [
    "a header of 2^60 bytes",
    "h.safetensors",
    lengthThen(2n ** 60n, "{}"),
    /cannot have a header of 1152921504606846976/,
  ],
  [
    "a header with a tensor given twice",
    "i.safetensors",
    twice(),
    /the header is not JSON: the key "a" is given twice/,
  ],
];

function lengthThen(length: bigint, text: string): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length);
  return Buffer.concat([prefix, Buffer.from(text)]);
}

function twice(): Buffer {
  const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
  const header = `{"a":${entry},"\\u0061":${entry.replace("[0,4]", "[4,8]")}}`;
  return Buffer.concat([lengthThen(BigInt(header.length), header), Buffer.alloc(8)]);
}

for (const [what, name, content, message] of REFUSED) {
  test(`${what} is called what it is`, async () => {
    const path = join(folder, name);
    await writeFile(path, content);
    await assertRefused(openWeights(path), path, message);
  });
}

test("a half-downloaded safetensors file names the first tensor that is cut off", async () => {
  const path = join(folder, "half.safetensors");
  const entry = (begin: number, end: number) => ({ dtype: "F32", shape: [1], data_offsets: [begin, end] });
  const header = JSON.stringify({ a: entry(0, 4), b: entry(4, 8) });
  const whole = Buffer.concat([lengthThen(BigInt(header.length), header), Buffer.alloc(8)]);
  await writeFile(path, whole.subarray(0, -1));
  await assertRefused(openWeights(path), path, /b: ends at byte \d+ of a file of \d+ bytes/);
  await writeFile(path, whole.subarray(0, 30));
  await assertRefused(openWeights(path), path, /a file of 30 bytes cannot have a header of \d+ bytes/);
});

test("a folder, a device, a missing file and a link to nothing", async () => {
  const missing = join(folder, "missing");
  await assertRefused(openWeights(missing), missing, /this file is missing/);
  const directory = join(folder, "directory");
  await mkdir(directory);
  await assertRefused(openWeights(directory), directory, /this is not a regular file/);
  const [device, dangling] = [join(folder, "device"), join(folder, "dangling")];
  await symlink("/dev/zero", device);
  await assertRefused(openWeights(device), device, /this is not a regular file/);
  await symlink(missing, dangling);
  await assertRefused(openWeights(dangling), dangling, /this file is missing/);
});

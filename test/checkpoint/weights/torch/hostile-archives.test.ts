/** @file Zip archives that are not what they say: compressed, lying, overlapping, cut off. Nothing is inflated. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { openWeights } from "../../../../src/checkpoint/weights/open-weights.js";
import { assertRefused } from "../../../support/refusal.js";
import {
  archiveEntries,
  dictPickle,
  stridesOf,
  type TensorRecord,
  tensorOperations,
} from "../../../support/torch-writer.js";
import { type EntryToWrite, zip64Of, zipOf } from "../../../support/zip-writer.js";

const folder = await mkdtemp(join(tmpdir(), "archives-"));
after(() => rm(folder, { recursive: true }));
const path = join(folder, "model.ckpt");

const DATA = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
const RECORD: TensorRecord = {
  storage: "FloatStorage",
  key: "0",
  count: 6,
  offset: 0,
  shape: [2, 3],
  strides: stridesOf([2, 3]),
};

/** The entries of a checkpoint of one tensor "w", which says of itself what `changes` say. */
const checkpoint = (changes: Partial<TensorRecord> = {}): readonly EntryToWrite[] =>
  archiveEntries(dictPickle([["w", tensorOperations({ ...RECORD, ...changes })]]), new Map([["0", DATA]]));

/** The same with one entry changed. */
const withEntry = (name: string, change: (entry: EntryToWrite) => EntryToWrite): readonly EntryToWrite[] =>
  checkpoint().map((entry) => (entry.name === name ? change(entry) : entry));

async function assertArchiveRefused(archive: Uint8Array, message: RegExp): Promise<void> {
  await writeFile(path, archive);
  await assertRefused(openWeights(path), path, message);
}

test("the archive that the others are made from opens, with 32 and with 64 bits", async () => {
  for (const archive of [zipOf(checkpoint()), zip64Of(checkpoint())]) {
    await writeFile(path, archive);
    const { tensors } = await openWeights(path);
    const { offset = 0, length = 0 } = tensors.get("w") ?? {};
    assert.deepEqual(archive.subarray(offset, offset + length), DATA);
  }
});

const WEIGHTS = "archive/data/0";
/** A gigabyte of zeros in a few bytes would look like this. */
const BOMB = deflateRawSync(Buffer.alloc(1_000_000));

const HOSTILE: readonly (readonly [what: string, archive: Uint8Array, message: RegExp])[] = [
  [
    "a compressed entry",
    zipOf(withEntry(WEIGHTS, (e) => ({ ...e, method: 8 }))),
    /data\/0: is compressed \(method 8\)/,
  ],
  [
    "a compressed pickle that would grow without end",
    zipOf(withEntry("archive/data.pkl", (e) => ({ ...e, bytes: BOMB, method: 8, size: 2 ** 31 }))),
    /data\.pkl: is compressed/,
  ],
  ["an encrypted entry", zipOf(withEntry(WEIGHTS, (e) => ({ ...e, flags: 1 }))), /encrypted|mismatch/],
  ["strong encryption", zipOf(withEntry(WEIGHTS, (e) => ({ ...e, flags: 0x41 }))), /encryption/],
  [
    "an entry larger than the file",
    zipOf(withEntry(WEIGHTS, (e) => ({ ...e, size: 2 ** 31 }))),
    /overflows file bounds/,
  ],
  [
    "an entry that says to be longer than its own header does",
    zipOf(withEntry(WEIGHTS, (e) => ({ ...e, localSize: 8 }))),
    /data\/0: its own header and the archive's directory differ/,
  ],
  [
    "an entry compressed by its own header alone",
    zipOf(withEntry(WEIGHTS, (e) => ({ ...e, localMethod: 8 }))),
    /data\/0: its own header and the archive's directory differ/,
  ],
  [
    "an entry named otherwise by its own header",
    zipOf(withEntry(WEIGHTS, (e) => ({ ...e, localName: "archive/data/1" }))),
    /data\/0: its own header and the archive's directory differ/,
  ],
  [
    "an entry that overlaps the one before",
    zipOf(withEntry("archive/byteorder", (e) => ({ ...e, size: 40, localSize: 40 }))),
    /data\/0: overlaps archive\/byteorder/,
  ],
  ["an entry given twice", zipOf([...checkpoint(), { name: WEIGHTS, bytes: DATA }]), /data\/0: given twice/],
  [
    "two entries over the same bytes",
    zipOf([...checkpoint(), { name: "archive/data.pkl", bytes: DATA, headerOffset: 0 }]),
    /given twice|overlaps|differ/,
  ],
  [
    "an entry that is nowhere",
    zipOf(withEntry(WEIGHTS, (e) => ({ ...e, headerOffset: 0xfffffff0 }))),
    /points to 30 bytes at byte 4294967280/,
  ],
  ["more entries than there are", zipOf(checkpoint(), { entryCount: 5 }), /points to 46 bytes/],
  ["a directory that is nowhere", zipOf(checkpoint(), { centralOffset: 2 ** 31 }), /points to 46 bytes/],
  [
    "a 64-bit directory that is nowhere",
    zip64Of(checkpoint(), { centralOffset: 2n ** 60n }),
    /points to 46 bytes/,
  ],
  ["a 64-bit end that is nowhere", zip64Of(checkpoint(), { recordOffset: 2n ** 63n }), /points to 56 bytes/],
  ["2^60 entries", zip64Of(checkpoint(), { entryCount: 2n ** 60n }), /1152921504606847000 entries; at most/],
  ["no pickle", zipOf([{ name: "archive/version", bytes: Buffer.from("3\n") }]), /without data\.pkl/],
  ["no entries", zipOf([]), /without data\.pkl/],
  [
    "two pickles",
    zipOf([...checkpoint(), { name: "other/data.pkl", bytes: DATA }]),
    /several pickles: archive\/data\.pkl, other\/data\.pkl/,
  ],
  ["an absolute name", zipOf([...checkpoint(), { name: "/etc/passwd", bytes: DATA }]), /absolute path/],
  [
    "a name that leads out",
    zipOf([...checkpoint(), { name: "archive/../x", bytes: DATA }]),
    /invalid relative path/,
  ],
  [
    "weights of another byte order",
    zipOf(withEntry("archive/byteorder", (e) => ({ ...e, bytes: Buffer.from("big") }))),
    /archive\/byteorder: "big"; only "little"/,
  ],
  ["an archive with something after its end", Buffer.concat([zipOf(checkpoint()), DATA]), /comment length/],

  ["a storage that is not there", zipOf(checkpoint({ key: "1" })), /w: its data\/1 is missing/],
  [
    "a storage that would be elsewhere",
    zipOf(checkpoint({ key: "../data.pkl" })),
    /w: its data\/\.\.\/data\.pkl is missing/,
  ],
  [
    "a storage longer than its entry",
    zipOf(checkpoint({ count: 7 })),
    /w: archive\/data\/0 has 24 bytes, the pickle says 28/,
  ],
  [
    "a storage of another type",
    zipOf(checkpoint({ storage: "DoubleStorage" })),
    /w: .* 24 bytes, the pickle says 48/,
  ],
  [
    "a tensor past its storage",
    zipOf(checkpoint({ offset: 1 })),
    /w: F32 \[2, 3\] ends at byte 28 of .*, which has 24/,
  ],
  [
    "a tensor larger than its storage",
    zipOf(checkpoint({ shape: [3, 3], strides: [3, 1] })),
    /w: F32 \[3, 3\] ends at byte 36/,
  ],
  [
    "a tensor larger than any file",
    zipOf(checkpoint({ shape: [2 ** 30, 2 ** 30, 8], strides: [2 ** 30, 8, 1] })),
    /w: (not contiguous|a size)/,
  ],
  ["a negative offset", zipOf(checkpoint({ offset: -1 })), /w: a size, stride or offset of -1/],
  ["a negative size", zipOf(checkpoint({ shape: [-2, -3] })), /w: a size, stride or offset of -2/],
  ["strides that repeat one value", zipOf(checkpoint({ strides: [0, 0] })), /w: not contiguous/],
  ["fewer strides than axes", zipOf(checkpoint({ strides: [1] })), /w: not contiguous/],
  [
    "too many axes",
    zipOf(checkpoint({ shape: Array(9).fill(1), strides: Array(9).fill(1) })),
    /w: 9 axes, at most 8/,
  ],
  [
    "a name given twice",
    zipOf(
      archiveEntries(
        dictPickle([
          ["w", tensorOperations(RECORD)],
          ["w", tensorOperations({ ...RECORD, shape: [3, 2], strides: [2, 1] })],
        ]),
        new Map([["0", DATA]]),
      ),
    ),
    /w: given twice/,
  ],
];

for (const [what, archive, message] of HOSTILE) {
  test(`refuses ${what}`, () => assertArchiveRefused(archive, message));
}

test("a half-downloaded archive is refused wherever it ends", async () => {
  for (const whole of [zipOf(checkpoint()), zip64Of(checkpoint())]) {
    for (let length = 4; length < whole.length; length += 7) {
      await assertArchiveRefused(whole.subarray(0, length), /truncated/);
    }
  }
});

test("a name of control characters is spelt out: no second line in a log, no command to a terminal", async () => {
  const name = 'archive/a\n{"level":30}\u001b[2J';
  await assertArchiveRefused(
    zipOf([...checkpoint(), { name, bytes: DATA, method: 8 }]),
    /archive\/a\\u000a\{"level":30\}\\u001b\[2J: is compressed/,
  );
});

test("a directory of long names is not kept in memory without a limit", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({
    name: String(i).padEnd(65_535, "x"),
    localName: "x",
    bytes: Buffer.alloc(0),
  }));
  await assertArchiveRefused(zipOf(many), /its directory has more than 64000000 bytes/);
});

test("a pickle too large to be a checkpoint's is not read", async () => {
  const entries = withEntry("archive/data.pkl", (e) => ({ ...e, bytes: Buffer.alloc(16_000_001) }));
  await assertArchiveRefused(zipOf(entries), /data\.pkl: 16000001 bytes; at most 16000000 are read/);
});

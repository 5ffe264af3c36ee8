/**
 * @file Valid files of every format with bytes changed, cut out or repeated: each opens or is refused with an
 * InpaintError, and every tensor that is found lies within the file.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { openWeights } from "../../src/checkpoint/open-weights.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { fixturePath } from "../support/paths.js";
import { type TensorToWrite, writeSafetensors } from "../support/safetensors-writer.js";

const RUNS_PER_FILE = 300;

const folder = await mkdtemp(join(tmpdir(), "damaged-"));
after(() => rm(folder, { recursive: true }));
const path = join(folder, "weights");

const tensor = (shape: readonly number[]): TensorToWrite => ({
  dtype: "F32",
  shape,
  bytes: new Uint8Array(24),
});
const safetensors = join(folder, "whole.safetensors");
await writeSafetensors(
  safetensors,
  new Map([
    ["a", tensor([2, 3])],
    ["b.weight", tensor([6])],
  ]),
);

const golden = (name: string) => fixturePath(`golden/torch_files/${name}`);
const FILES = [
  safetensors,
  golden("trainer.ckpt"),
  golden("trainer-4.ckpt"),
  golden("module.bin"),
  golden("shared.pt"),
];

type Damage = (bytes: Buffer) => Buffer;

/** A fraction of the file, each as likely as any other: `fc.double` would stay near 0. */
const place = fc.nat(1_000_000).map((millionths) => millionths / 1_000_001);
const at = (bytes: Buffer, fraction: number) => Math.floor(fraction * bytes.length);

/** Values that lengths and counts are tempted by. */
const tempting = fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff);

const changeByte = fc.tuple(place, fc.oneof(tempting, fc.nat(255))).map(
  ([where, value]): Damage =>
    (bytes) => {
      bytes[at(bytes, where)] = value;
      return bytes;
    },
);

const changeEight = fc.tuple(place, fc.array(tempting, { minLength: 8, maxLength: 8 })).map(
  ([where, eight]): Damage =>
    (bytes) => {
      bytes.set(eight.slice(0, bytes.length - at(bytes, where)), at(bytes, where));
      return bytes;
    },
);

const cutOff = place.map(
  (where): Damage =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);

/** Bytes left out, or given twice. */
const shift = fc.tuple(place, fc.integer({ min: -40, max: 40 })).map(
  ([where, by]): Damage =>
    (bytes) => {
      const from = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(Math.max(from + by, 0))]);
    },
);

const damage = fc.oneof(
  { weight: 12, arbitrary: changeByte },
  { weight: 3, arbitrary: changeEight },
  { weight: 1, arbitrary: cutOff },
  { weight: 1, arbitrary: shift },
);

for (const file of FILES) {
  test(`${file.split("/").at(-1)}, damaged in any way`, async (t) => {
    const whole = await readFile(file);
    const outcomes = { opened: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
        const damaged = damages.reduce<Buffer>((bytes, one) => one(bytes), Buffer.from(whole));
        await writeFile(path, damaged);
        const result = await openWeights(path).catch((error: unknown) => error);
        if (result instanceof InpaintError) {
          assert.equal(result.code, "INVALID_CHECKPOINT");
          assert.ok(result.message.startsWith(`${path}: `), result.message);
          assert.ok(!(result.cause instanceof TypeError), "no bug behind a refusal");
          outcomes.refused++;
          return;
        }
        assert.ok(!(result instanceof Error), result instanceof Error ? result.stack : "");
        const { tensors } = await openWeights(path);
        for (const { offset, length } of tensors.values()) {
          assert.ok(offset >= 0 && length >= 0 && offset + length <= damaged.length);
        }
        outcomes.opened++;
      }),
      { numRuns: RUNS_PER_FILE },
    );
    t.diagnostic(`${outcomes.opened} opened, ${outcomes.refused} refused`);
    assert.ok(outcomes.opened > 0 && outcomes.refused > 0);
  });
}

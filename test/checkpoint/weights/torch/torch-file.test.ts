/**
 * @file Checkpoints as torch itself writes them (test/scripts/goldens/torch_files.py): every tensor's bytes are where
 * we say they are, and what cannot be served is refused by name.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { z } from "zod";
import { openWeights } from "../../../../src/checkpoint/weights/open-weights.js";
import { readGoldenJson } from "../../../support/golden.js";
import { fixturePath } from "../../../support/paths.js";

const tensorSchema = z.strictObject({ dtype: z.string(), shape: z.array(z.number()), hex: z.string() });
const expected = readGoldenJson(
  "torch_files/expected.json",
  z.record(z.string(), z.record(z.string(), tensorSchema)),
);
const pathOf = (name: string) => fixturePath(`golden/torch_files/${name}`);

for (const [name, tensors] of Object.entries(expected)) {
  test(`${name}: every tensor is found, bit for bit`, async () => {
    const path = pathOf(name);
    const bytes = await readFile(path);
    const opened = await openWeights(path);
    const found = [...opened.tensors].map(([key, tensor]) => {
      assert.equal(tensor.name, key);
      const { dtype, shape, offset, length } = tensor;
      return [key, { dtype, shape, hex: bytes.subarray(offset, offset + length).toString("hex") }] as const;
    });
    assert.ok(found.length > 1);
    assert.deepEqual(Object.fromEntries(found), tensors);
  });
}

const REFUSED: readonly (readonly [name: string, message: RegExp])[] = [
  ["refused-before-1.6.pt", /a pickle without a zip archive around it: a torch file from before 1\.6/],
  ["refused-view.pt", /turned: not contiguous: shape \[3, 2\] with strides \[1, 3\]/],
  ["refused-negated.pt", /negated: a tensor with metadata, which may change its values/],
  ["refused-float8.pt", /small: elements of type torch\.float8_e4m3fn cannot be served/],
  ["refused-call.pt", /refused-call\/data\.pkl, byte 243: names the global "posix\.system"/],
  ["refused-call-4.pt", /refused-call-4\/data\.pkl, byte 237: names the global "posix\.system"/],
  ["refused-module.pt", /data\.pkl, byte 2: names the global "torch\.nn\.modules\.container\.Sequential"/],
  ["refused-program.pt", /refused-program\/code\/\S+\.py: is compressed \(method 8\)/],
];

for (const [name, message] of REFUSED) {
  test(`${name} is refused by name`, async () => {
    const path = pathOf(name);
    await assert.rejects(openWeights(path), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_CHECKPOINT");
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.match(error.message, message);
      return true;
    });
  });
}

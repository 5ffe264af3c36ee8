/** @file Which folder holds all files of a set of weights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteLength, commonFolder, type StoredTensor } from "../../../src/checkpoint/weights/weights.js";

const tensorIn = (directory: string): StoredTensor => {
  const file = { path: "/named/w.safetensors", directory, fileName: "w.safetensors" };
  return { name: "a", dtype: "F32", shape: [1], offset: 0, length: 4, file };
};

const COMMON: readonly (readonly [folders: readonly string[], common: string])[] = [
  [["/m/unet"], "/m/unet"],
  [["/m/unet", "/m/unet"], "/m/unet"],
  [["/m/unet", "/m/vae"], "/m"],
  [["/m/unet", "/m"], "/m"],
  [["/m", "/m/unet/deep"], "/m"],
  [["/m/unet", "/m/unet2"], "/m"],
  [["/m/a/b", "/m/a/c", "/m/d"], "/m"],
  [["/m", "/n"], "/"],
  [[], "/named"],
];

test("the common folder is the deepest that holds every file", () => {
  for (const [folders, common] of COMMON) {
    const tensors = new Map(folders.map((folder, i) => [String(i), tensorIn(folder)]));
    assert.equal(commonFolder({ path: "/named/index.json", tensors }), common, folders.join(", "));
  }
});

test("bytes of a tensor", () => {
  assert.equal(byteLength("F32", [2, 3]), 24);
  assert.equal(byteLength("BF16", []), 2);
  assert.equal(byteLength("I64", [4, 0]), 0);
});

/**
 * @file Reads what test/scripts/make_goldens.py wrote under test/fixtures/golden: `.npy` tensors and `.json` tables.
 * Knows the formats; knows no network and no scheduler.
 */
import { readFileSync } from "node:fs";
import { endianness } from "node:os";
import type { z } from "zod";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";

const GOLDEN_DIR = new URL("../../../test/fixtures/golden/", import.meta.url);

/** Magic, version 1.0 and a 16-bit header length, as `numpy.save` writes them. */
const NPY_MAGIC = "\x93NUMPY\x01\x00";
const NPY_HEADER = /^\{'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \}\s*$/;

/** A float32 array saved by `numpy.save`; `name` is relative to the golden folder, as in "vae/moments.npy". */
export function readGoldenTensor<L extends string>(name: string): Tensor<L> {
  const { shape, bytes } = readNpy(name, "<f4");
  return tensor(shape, new Float32Array(bytes));
}

/** An int32 array saved by `numpy.save`, as `[B, 77]` token ids are. */
export function readGoldenIntegers(name: string): {
  readonly shape: readonly number[];
  readonly data: Int32Array;
} {
  const { shape, bytes } = readNpy(name, "<i4");
  return { shape, data: new Int32Array(bytes) };
}

/** A table in JSON, checked against `schema` so that a changed maker cannot make a test pass by leaving values out. */
export function readGoldenJson<T>(name: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(new URL(name, GOLDEN_DIR), "utf8")));
}

function readNpy(
  name: string,
  expectedType: "<f4" | "<i4",
): { readonly shape: readonly number[]; readonly bytes: ArrayBuffer } {
  if (endianness() !== "LE") throw new Error("goldens are little-endian, this machine is not");
  const file = readFileSync(new URL(name, GOLDEN_DIR));
  if (file.toString("latin1", 0, 8) !== NPY_MAGIC) throw new Error(`${name}: not an npy 1.0 file`);
  const dataStart = 10 + file.readUInt16LE(8);
  const [, type, fortranOrder, sizes = ""] = NPY_HEADER.exec(file.toString("latin1", 10, dataStart)) ?? [];
  if (type !== expectedType || fortranOrder !== "False") {
    throw new Error(`${name}: ${type}, Fortran order ${fortranOrder}; expected ${expectedType} in C order`);
  }
  const shape = sizes
    .split(",")
    .map((size) => size.trim())
    .filter((size) => size !== "")
    .map(Number);
  if (file.length - dataStart !== 4 * elementCount(shape)) {
    throw new Error(`${name}: ${file.length - dataStart} bytes cannot hold [${shape.join(", ")}]`);
  }
  // copied, because the data need not begin at a multiple of 4
  return { shape, bytes: Uint8Array.from(file.subarray(dataStart)).buffer };
}

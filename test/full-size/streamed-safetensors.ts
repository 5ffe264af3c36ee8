/** @file Writes .safetensors files of any size, tensor by tensor: nothing is held in memory. Knows no name. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Dtype, ELEMENT_BYTES } from "./weight-values.js";

export interface StreamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  bytes(dtype: Dtype): Iterable<Uint8Array>;
}

export const byteLength = ({ shape }: StreamedTensor, dtype: Dtype): number =>
  shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype]);

export function writeStreamedSafetensors(
  path: string,
  tensors: readonly StreamedTensor[],
  dtype: Dtype,
): void {
  const header: Record<string, object> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const tensor of tensors) {
    const begin = end;
    end += byteLength(tensor, dtype);
    header[tensor.name] = { dtype, shape: tensor.shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8, " "));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  try {
    writeAll(file, length);
    writeAll(file, padded);
    for (const tensor of tensors) {
      for (const bytes of tensor.bytes(dtype)) writeAll(file, bytes);
    }
  } finally {
    closeSync(file);
  }
}

/** A single write may take less than it is given. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

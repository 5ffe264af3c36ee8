/** @file Writes small .safetensors files for tests and for the random checkpoint. */
import { writeFile } from "node:fs/promises";

export interface TensorToWrite {
  readonly dtype: "F32" | "F16" | "BF16" | "I64";
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The data starts at a multiple of this, as the reference's writer has it. */
const ALIGNMENT = 8;

export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, object> = { __metadata__: { format: "pt", ...metadata } };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const json = JSON.stringify(header);
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT, " "));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await writeFile(path, Buffer.concat([length, padded, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}

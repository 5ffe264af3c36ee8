/** @file The checkpoint that is timed: the one given, or a full-size random one for the time of the check. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import type { Precision } from "../../src/networks/network-builder.js";
import { DTYPES, type Dtype, tensorBytes } from "../full-size/weight-values.js";
import { writeCheckpoint } from "../full-size/write-checkpoint.js";
import type { Report } from "./report.js";

const DTYPE_OF = { float32: "F32", float16: "F16" } as const satisfies Record<Precision, Dtype>;

/** Calls `use` with the folder. One that was written is deleted afterwards, whatever happens. */
export async function withCheckpoint(
  given: string | undefined,
  precision: Precision,
  report: Report,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  if (given !== undefined) return use(given);
  const folder = mkdtempSync(join(tmpdir(), "full-size-"));
  try {
    const startMs = performance.now();
    writeCheckpoint(folder, DTYPE_OF[precision], "diffusers");
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    report.line(`a full-size random checkpoint, ${DTYPE_OF[precision]}, written in ${seconds} s`);
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether `modelDir` holds the weights that the full-size goldens are of: told by one small tensor. */
export async function hasSeededWeights(modelDir: string): Promise<boolean> {
  const stored = (await openCheckpoint({ modelDir })).unet.weights.tensors.get("conv_in.bias");
  const dtype = DTYPES.find((name) => name === stored?.dtype);
  if (stored === undefined || dtype === undefined) return false;
  const actual = Buffer.alloc(stored.length);
  const file = openSync(join(stored.file.directory, stored.file.fileName), "r");
  try {
    readSync(file, actual, 0, actual.length, stored.offset);
  } finally {
    closeSync(file);
  }
  return actual.equals(Buffer.concat([...tensorBytes("unet/conv_in.bias", stored.shape, dtype)]));
}

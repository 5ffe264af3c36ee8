/**
 * @file Opens a weights file of any format that checkpoints come in: tells the format by the file's content.
 * Knows how each format begins; reads none of them.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { openRegularFile, readBytes, refuseStandIns } from "./open-file.js";
import { openSafetensors } from "./safetensors-file.js";
import type { WeightSet } from "./weights.js";

/** Enough to know every format by. */
const FIRST_BYTES = 64;

/**
 * Throws INVALID_CHECKPOINT, naming the file and the tensor, when it is of no format that can be read, or not what
 * its format says.
 */
export async function openWeights(path: string): Promise<WeightSet> {
  await refuseStandInFile(path);
  return openSafetensors(path);
}

async function refuseStandInFile(path: string): Promise<Buffer> {
  const { file, size } = await openRegularFile(path);
  try {
    const firstBytes = await readBytes(file, path, 0, Math.min(size, FIRST_BYTES));
    refuseStandIns(path, firstBytes);
    if (size === 0) throw new InpaintError("INVALID_CHECKPOINT", `${path}: an empty file`);
    return firstBytes;
  } finally {
    await file.close();
  }
}

/**
 * @file A number that tells checkpoints apart without reading their gigabytes. Knows headers and a few bytes of a few
 * weights; two checkpoints that differ elsewhere only have the same one.
 */
import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { openRegularFile, readBytes } from "./open-file.js";
import type { StoredTensor, WeightSet } from "./weights.js";

/** Training changes every tensor, so a few of each component tell two trainings apart. */
const SAMPLED_TENSORS = 16;
const SAMPLED_BYTES = 256;

/**
 * 16 hexadecimal digits: the start of a SHA-256 over every tensor's name, type and shape, in the order of the names, and
 * over the first bytes of some. Where the tensors lie makes no difference: a copy in another file format, with the same
 * names and types, has the same hash. Throws INVALID_CHECKPOINT for a file that has gone or become shorter.
 */
export async function modelHash(sets: readonly WeightSet[]): Promise<string> {
  const hash = createHash("sha256");
  for (const { tensors } of sets) {
    const named = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(JSON.stringify(named.map(([name, { dtype, shape }]) => [name, dtype, shape])));
    const stride = Math.max(1, Math.floor(named.length / SAMPLED_TENSORS));
    const sampled = named.filter((_, i) => i % stride === 0).map(([, tensor]) => tensor);
    await updateWithBytes(hash, sampled);
  }
  return hash.digest("hex").slice(0, 16);
}

async function updateWithBytes(hash: Hash, tensors: readonly StoredTensor[]): Promise<void> {
  for (const { file, offset, length } of tensors) {
    const path = join(file.directory, file.fileName);
    const { file: handle } = await openRegularFile(path);
    try {
      hash.update(await readBytes(handle, file.path, offset, Math.min(length, SAMPLED_BYTES)));
    } finally {
      await handle.close();
    }
  }
}

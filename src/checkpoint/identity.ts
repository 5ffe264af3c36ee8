/**
 * @file What tells one checkpoint from another, cheaply: a hash of configs, tensor names, types and shapes, and of a
 * few bytes from tensors spread over each component. Not a checksum: most bytes are never read.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointParts } from "./checkpoint.js";
import type { StoredTensor, WeightSet } from "./weights/weights.js";

/** Tensors of each component that are sampled: two fine-tunes of one model differ in every one. */
const SAMPLES = 16;
const SAMPLE_BYTES = 256;

type Hashed = Pick<CheckpointParts, "textEncoder" | "unet" | "vae" | "scheduler">;

/** SHA-256 in hexadecimal. The same for the same weights in another layout, as long as their types are the same. */
export async function identityOf({ textEncoder, unet, vae, scheduler }: Hashed): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify(sortedKeys(scheduler)));
  for (const { config, weights } of [textEncoder, unet, vae]) {
    hash.update(JSON.stringify(sortedKeys(config)));
    const tensors = [...weights.tensors].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, { dtype, shape }] of tensors) hash.update(`${key} ${dtype} ${shape.join("x")}\n`);
    for (const sample of await readSamples(weights, tensors)) hash.update(sample);
  }
  return hash.digest("hex");
}

const sortedKeys = (config: object) => Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));

/** The first bytes of tensors at even distances in the sorted list. */
async function readSamples(
  { path }: WeightSet,
  tensors: readonly (readonly [string, StoredTensor])[],
): Promise<readonly Buffer[]> {
  const files = new Map<string, FileHandle>();
  const samples: Buffer[] = [];
  const step = Math.max(1, Math.floor(tensors.length / SAMPLES));
  try {
    for (let i = 0; i < tensors.length; i += step) {
      const tensor = tensors[i]?.[1];
      if (tensor === undefined) continue;
      const name = join(tensor.file.directory, tensor.file.fileName);
      const file = files.get(name) ?? (await open(name));
      files.set(name, file);
      const sample = Buffer.alloc(Math.min(SAMPLE_BYTES, tensor.length));
      const { bytesRead } = await file.read(sample, 0, sample.length, tensor.offset);
      if (bytesRead !== sample.length) throw new Error(`${path}: ${tensor.name} cannot be read to its end`);
      samples.push(sample);
    }
  } finally {
    await Promise.all([...files.values()].map((file) => file.close()));
  }
  return samples;
}

/** @file What was measured, and on what: the weights, and the machine. Measures nothing. */
import { readdir, stat } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { ContentHasher, hashFileInto } from "../../src/checkpoint/files/content-hash.js";

export interface Subject {
  readonly weights: readonly WeightsFile[];
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
}

export interface WeightsFile {
  /** Below the checkpoint's folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const WEIGHTS = /\.(safetensors|bin|ckpt|pt)$/;

export async function subjectOf(modelDir: string): Promise<Subject> {
  const names = (await readdir(modelDir, { recursive: true })).filter((name) => WEIGHTS.test(name)).sort();
  const weights: WeightsFile[] = [];
  for (const name of names) {
    const path = join(modelDir, name);
    const { size } = await stat(path);
    const hasher = new ContentHasher("sha256", size);
    await hashFileInto(hasher, path, size);
    weights.push({ name, bytes: size, sha256: hasher.hex() });
  }
  const processors = cpus();
  return {
    weights,
    node: process.version,
    processor: processors[0]?.model ?? "unknown",
    cores: processors.length,
  };
}

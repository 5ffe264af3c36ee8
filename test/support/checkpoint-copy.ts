/** @file A copy of the random checkpoint in a temporary folder, to be spoilt by a test. */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openSafetensors } from "../../src/checkpoint/weights/safetensors-file.js";
import { randomCheckpointPath } from "./paths.js";
import type { TensorToWrite } from "./safetensors-writer.js";

export async function copyCheckpoint(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(randomCheckpointPath, folder, { recursive: true });
  return folder;
}

/** Every tensor of a safetensors file in memory, to be changed and written back. */
export async function readTensors(path: string): Promise<Map<string, TensorToWrite>> {
  const bytes = await readFile(path);
  const { tensors } = await openSafetensors(path);
  return new Map(
    [...tensors.values()].map(({ name, shape, offset, length }) => [
      name,
      { dtype: "F32", shape, bytes: bytes.subarray(offset, offset + length) },
    ]),
  );
}

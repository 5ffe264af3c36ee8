/** @file The random checkpoint, made to compute at 64×64 where nobody asks for another size. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { z } from "zod";
import { copyCheckpoint } from "../support/checkpoint-copy.js";

/** Of latents, an eighth of the pixels' edge. */
const SAMPLE_SIZE = 8;

/** The folder, which ends with its test. */
export async function smallModel(t: TestContext): Promise<string> {
  const folder = await copyCheckpoint(t);
  const path = join(folder, "unet/config.json");
  const config = z.looseObject({}).parse(JSON.parse(await readFile(path, "utf8")));
  await writeFile(path, JSON.stringify({ ...config, sample_size: SAMPLE_SIZE }));
  return folder;
}

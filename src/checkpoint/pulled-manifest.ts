/**
 * @file `.pulled.json`: what a pull puts into a folder, from where, and whether it has all arrived.
 * Knows the file only; whoever pulls decides what to keep, whoever verifies what to compare.
 */
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HASH_ALGORITHMS } from "./files/content-hash.js";
import { readJsonFile } from "./files/json-file.js";
import { syncDirectory } from "./files/sync-directory.js";

export const PULLED_MANIFEST = ".pulled.json";
/** What a file is called, after its own name, until it is whole and verified. */
export const INCOMPLETE_SUFFIX = ".incomplete";

/** A repository of the hub may have more files; a pull takes some dozen of them. */
export const MAX_PULLED_FILES = 1000;

/**
 * A path of the hub as it may be laid under a folder: relative, with `/` between plain names. It comes from a foreign
 * server, so nothing else is let through.
 */
export const isSafePath = (path: string): boolean =>
  path.length <= 512 &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  !/[\\:\u0000-\u001f\u007f]/.test(path) &&
  path.split("/").every((name) => name !== "" && name !== "." && name !== "..");

const fileSchema = z.object({
  path: z.string().refine(isSafePath, { message: "not a path below the folder" }),
  size: z.int().nonnegative(),
  hash: z.object({ algorithm: z.enum(HASH_ALGORITHMS), hex: z.string().regex(/^[0-9a-f]{40,64}$/) }),
});

const manifestSchema = z.object({
  repo: z.string(),
  revision: z.string(),
  commit: z.string(),
  /** False until every file below is in its place. */
  complete: z.boolean(),
  files: z.array(fileSchema).max(MAX_PULLED_FILES),
});

export type PulledFile = z.output<typeof fileSchema>;
export type PulledManifest = z.output<typeof manifestSchema>;

/** Undefined when the folder has none. Throws INVALID_CHECKPOINT when it has one that is not what we write. */
export async function readPulledManifest(directory: string): Promise<PulledManifest | undefined> {
  const path = join(directory, PULLED_MANIFEST);
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
  return readJsonFile(path, (file) => manifestSchema.safeParse(file));
}

/** Atomic: a reader sees the old manifest or the new one, also after a power cut. */
export async function writePulledManifest(directory: string, manifest: PulledManifest): Promise<void> {
  const path = join(directory, PULLED_MANIFEST);
  const file = await open(`${path}${INCOMPLETE_SUFFIX}`, "w");
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}${INCOMPLETE_SUFFIX}`, path);
  await syncDirectory(directory);
}

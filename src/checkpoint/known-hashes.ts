/**
 * @file Files of a checkpoint whose hash is known without asking anyone: from the manifest of a pull, or because a hub
 * cache gives each blob its hash for a name. Reads no content but the manifest.
 */
import { opendir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ContentHash, hashFromBlobName } from "./files/content-hash.js";
import { readPulledManifest } from "./pulled-manifest.js";

export interface KnownHash {
  readonly path: string;
  /** What the content should have; undefined when only the hash is known. */
  readonly size: number | undefined;
  readonly hash: ContentHash;
}

/** Weights that the server does not open lie in many caches: what is larger than any config is left out. */
const MAX_OTHER_BYTES = 16_000_000;
const MAX_ENTRIES = 5000;

/**
 * `path` is the checkpoint's folder or its only file; `used` are the real paths of its weights. Sorted by path, each
 * file once; empty where there is nothing at `path`.
 */
export async function knownHashes(path: string, used: readonly string[]): Promise<readonly KnownHash[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return inFolder(path, used);
  if (!found?.isFile()) return [];
  const beside = await inFolder(dirname(path), [await realpath(path)]);
  return beside.filter((file) => file.path === path);
}

async function inFolder(directory: string, used: readonly string[]): Promise<readonly KnownHash[]> {
  const manifest = await readPulledManifest(directory);
  const pulled = (manifest?.files ?? []).map(({ path, size, hash }) => ({
    path: join(directory, path),
    size,
    hash,
  }));
  const cached = manifest === undefined ? await cachedBlobs(directory, used) : [];
  return [...pulled, ...cached].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function cachedBlobs(directory: string, used: readonly string[]): Promise<readonly KnownHash[]> {
  const links: string[] = [];
  for await (const link of linksIn(directory)) links.push(link);
  const known = await Promise.all(links.map((link) => blobBehind(link, used)));
  return known.flatMap((blob) => blob ?? []);
}

/** In the folder and in those of its components. A single file may lie in a folder of anything: looks at some only. */
async function* linksIn(directory: string): AsyncGenerator<string> {
  let entries = 0;
  const folders = [directory];
  for (const folder of folders) {
    for await (const entry of await opendir(folder)) {
      if (++entries > MAX_ENTRIES) return;
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) yield path;
      else if (entry.isDirectory() && folder === directory) folders.push(path);
    }
  }
}

async function blobBehind(path: string, used: readonly string[]): Promise<KnownHash | undefined> {
  const real = await realpath(path).catch(() => undefined);
  const hash = real === undefined ? undefined : hashFromBlobName(basename(real));
  if (real === undefined || hash === undefined) return undefined;
  const { size } = await stat(real);
  return used.includes(real) || size <= MAX_OTHER_BYTES ? { path, size: undefined, hash } : undefined;
}

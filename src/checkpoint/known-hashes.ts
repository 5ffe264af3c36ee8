/**
 * @file Files of a checkpoint whose hash is known without asking anyone: from the manifest of a pull, or because a hub
 * cache gives each blob its hash for a name. Reads no content but the manifest.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ContentHash, hashFromBlobName } from "./content-hash.js";
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

/** `directory` is the checkpoint's; `used` are the real paths of its weights. Sorted by path, each file once. */
export async function knownHashes(directory: string, used: readonly string[]): Promise<readonly KnownHash[]> {
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
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const links = entries.slice(0, MAX_ENTRIES).filter((entry) => entry.isSymbolicLink());
  const known = await Promise.all(links.map((entry) => blobBehind(join(entry.parentPath, entry.name), used)));
  return known.flatMap((blob) => blob ?? []);
}

async function blobBehind(path: string, used: readonly string[]): Promise<KnownHash | undefined> {
  const real = await realpath(path).catch(() => undefined);
  const hash = real === undefined ? undefined : hashFromBlobName(basename(real));
  if (real === undefined || hash === undefined) return undefined;
  const { size } = await stat(real);
  return used.includes(real) || size <= MAX_OTHER_BYTES ? { path, size: undefined, hash } : undefined;
}

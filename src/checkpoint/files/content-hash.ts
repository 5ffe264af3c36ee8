/**
 * @file What identifies the content of a file: its sha256, or the sha1 that git gives a blob. Knows no file by name.
 * Reference: the hub's listing, which has a sha256 for every LFS file and git's own object id for every other.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

export const HASH_ALGORITHMS = ["sha256", "git-sha1"] as const;

export interface ContentHash {
  readonly algorithm: (typeof HASH_ALGORITHMS)[number];
  /** Lower-case hexadecimal: 64 digits of a sha256, 40 of a git object id. */
  readonly hex: string;
}

/** Large reads: a checkpoint has gigabytes. */
const READ_BYTES = 1 << 20;

export class ContentHasher {
  readonly #hash: Hash;

  /** `size` is that of the whole content: git hashes it before the first byte. */
  constructor(algorithm: ContentHash["algorithm"], size: number) {
    this.#hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
    if (algorithm === "git-sha1") this.#hash.update(`blob ${size}\0`);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Of everything so far; more may follow. */
  hex(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** Feeds bytes `0 … size − 1` of the file at `path` to `hasher`. Rejects with what the file system says. */
export async function hashFileInto(
  hasher: ContentHasher,
  path: string,
  size: number,
  signal?: AbortSignal,
): Promise<void> {
  if (size === 0) return;
  const options = { highWaterMark: READ_BYTES, end: size - 1, ...(signal === undefined ? {} : { signal }) };
  for await (const chunk of createReadStream(path, options)) hasher.update(chunk);
}

/** Which hash a hub cache's blob has for its name, undefined for a name that is none. */
export function hashFromBlobName(name: string): ContentHash | undefined {
  if (/^[0-9a-f]{64}$/.test(name)) return { algorithm: "sha256", hex: name };
  if (/^[0-9a-f]{40}$/.test(name)) return { algorithm: "git-sha1", hex: name };
  return undefined;
}

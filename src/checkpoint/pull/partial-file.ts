/**
 * @file A file that is not whole yet: `<name>.incomplete`, its length and its hash so far. Gets its name when verified.
 * Knows the disk; knows no server.
 */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ContentHasher, hashFileInto } from "../files/content-hash.js";
import { syncDirectory } from "../files/sync-directory.js";
import { INCOMPLETE_SUFFIX, type PulledFile } from "../pulled-manifest.js";
import { refuseCancelled } from "./passing-fault.js";

export class PartialFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #expected: PulledFile;
  #hasher: ContentHasher;
  #position: number;

  private constructor(
    file: FileHandle,
    path: string,
    expected: PulledFile,
    hasher: ContentHasher,
    at: number,
  ) {
    this.#file = file;
    this.#path = path;
    this.#expected = expected;
    this.#hasher = hasher;
    this.#position = at;
  }

  /** Opens what an earlier pull left of the file `path`, or begins it. What is there is read once, for its hash. Rejects with CANCELLED. */
  static async open(path: string, expected: PulledFile, signal: AbortSignal): Promise<PartialFile> {
    await mkdir(dirname(path), { recursive: true });
    const partialPath = path + INCOMPLETE_SUFFIX;
    const file = await open(partialPath, "a+");
    try {
      let { size } = await file.stat();
      if (size > expected.size) {
        await file.truncate(0);
        size = 0;
      }
      const hasher = new ContentHasher(expected.hash.algorithm, expected.size);
      await hashFileInto(hasher, partialPath, size, signal);
      return new PartialFile(file, path, expected, hasher, size);
    } catch (error) {
      await file.close();
      refuseCancelled(signal);
      throw error;
    }
  }

  /** Bytes that are there. */
  get position(): number {
    return this.#position;
  }

  get isWhole(): boolean {
    return this.#position === this.#expected.size;
  }

  /** Throws a RangeError when `bytes` go past the file's end: whoever appends has to look first. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#position + bytes.length > this.#expected.size)
      throw new RangeError("past the end: this is a bug");
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, written);
      this.#hasher.update(bytes.subarray(written, written + bytesWritten));
      written += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  /** Back to nothing. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hasher = new ContentHasher(this.#expected.hash.algorithm, this.#expected.size);
    this.#position = 0;
  }

  get isVerified(): boolean {
    return this.isWhole && this.#hasher.hex() === this.#expected.hash.hex;
  }

  /** Gives the file its name, for good: its content and its name are on the disk when this is fulfilled. */
  async publish(): Promise<void> {
    if (!this.isVerified) throw new Error(`${this.#path} is not verified: this is a bug`);
    await this.#file.sync();
    await rename(this.#path + INCOMPLETE_SUFFIX, this.#path);
    await syncDirectory(dirname(this.#path));
  }

  /** Deletes it. */
  async discard(): Promise<void> {
    await this.restart();
    await rm(this.#path + INCOMPLETE_SUFFIX, { force: true });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

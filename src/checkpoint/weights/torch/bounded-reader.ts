/**
 * @file A file as the zip library reads it: never outside of it, and neighbouring places with one read.
 * Knows no format.
 */
import type { FileHandle } from "node:fs/promises";
import { RandomAccessReader } from "yauzl";

/** The directory of an archive is read in pieces of some dozen bytes; this many come with one read of the file. */
const WINDOW_BYTES = 4096;

/** Reads of a file of `size` bytes. The library reads where the archive says, which may be anywhere. */
export class BoundedReader extends RandomAccessReader {
  readonly size: number;
  readonly #file: FileHandle;
  #window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

  constructor(file: FileHandle, size: number) {
    super();
    this.#file = file;
    this.size = size;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#bytesAt(position, length).then(
      (bytes) => {
        bytes.copy(buffer, offset);
        callback(null);
      },
      (cause: unknown) => callback(cause instanceof Error ? cause : new Error(String(cause))),
    );
  }

  /** The file stays open: whoever opened it closes it. */
  override close(callback: (error: Error | null) => void): void {
    setImmediate(() => callback(null));
  }

  async #bytesAt(position: number, length: number): Promise<Buffer> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.size) {
      throw new Error(`points to ${length} bytes at byte ${position} of a file of ${this.size} bytes`);
    }
    if (length > WINDOW_BYTES) return this.#read(position, length);
    const { start, bytes } = this.#window;
    if (position < start || position + length > start + bytes.length) {
      const ahead = Math.min(WINDOW_BYTES, this.size - position);
      this.#window = { start: position, bytes: await this.#read(position, ahead) };
    }
    const from = position - this.#window.start;
    return this.#window.bytes.subarray(from, from + length);
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, position);
    if (bytesRead !== length) throw new Error(`ends at byte ${position + bytesRead} while it is read`);
    return bytes;
  }
}

/** @file Opens a file of a checkpoint for reading: a regular file, or a clear error. Knows no format. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { InpaintError } from "../../errors/inpaint-error.js";

/** Throws INVALID_CHECKPOINT naming the path. A pipe is refused at once, without waiting for its other end. */
export async function openRegularFile(
  path: string,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw invalid(path, missing ? "this file is missing" : "this file cannot be opened", cause);
  });
  const stats = await file.stat();
  if (!stats.isFile()) {
    await file.close();
    throw invalid(path, "this is not a regular file");
  }
  return { file, size: stats.size };
}

/** Reads `length` bytes from byte `offset`. The caller has checked the length: it is allocated. */
export async function readBytes(
  file: FileHandle,
  path: string,
  offset: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  if (bytesRead !== length) throw invalid(path, `ends at byte ${offset + bytesRead} while it is read`);
  return bytes;
}

const GIT_LFS_POINTER = Buffer.from("version https://git-lfs.github.com/spec/");

/** Refuses what is there instead of a file, told by its name or its first bytes. Throws INVALID_CHECKPOINT. */
export function refuseStandIns(path: string, firstBytes: Uint8Array): void {
  if (path.endsWith(".incomplete")) throw invalid(path, "a download that did not finish");
  if (GIT_LFS_POINTER.equals(firstBytes.subarray(0, GIT_LFS_POINTER.length))) {
    throw invalid(path, "a Git LFS pointer, not the file it stands for: fetch it with `git lfs pull`");
  }
}

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });

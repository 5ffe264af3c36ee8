/** @file Opens a file of a checkpoint for reading: a regular file, or a clear error. Knows no format. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { InpaintError } from "../errors/inpaint-error.js";

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

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });

/**
 * @file Which files a model directory may lead to: those in it, and the blobs of the hub repository that it is a part of.
 * Knows links and the hub cache's layout; opens nothing.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InpaintError } from "../../errors/inpaint-error.js";
import { isWithin } from "./path-within.js";

/** A hub cache's folder of one repository; its `snapshots/…` hold links to `../../blobs/…`. */
const HUB_REPOSITORY = /^(models|datasets|spaces)--./;

/**
 * The real path of `path`, all links resolved. `root` is the folder (or the file) that the operator named.
 * Throws INVALID_CHECKPOINT naming `path` where it is missing, or a link that leads out of `root` and out of the blobs
 * of the hub repository that `root` lies in.
 */
export async function realFileWithin(root: string, path: string): Promise<string> {
  const [realRoot, real] = await Promise.all([realPathOf(root), realPathOf(path)]);
  const repository = hubRepositoryOf(realRoot);
  const blobs = repository === undefined ? undefined : join(repository, "blobs");
  if (isWithin(realRoot, real) || (blobs !== undefined && isWithin(blobs, real))) return real;
  throw new InpaintError(
    "INVALID_CHECKPOINT",
    `${path}: a link to ${real}, which lies outside of ${blobs === undefined ? realRoot : `${realRoot} and of ${blobs}`}`,
  );
}

async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const what =
      code === "ENOENT"
        ? "this file is missing"
        : code === "ELOOP"
          ? "a link that leads to itself"
          : "this file cannot be reached";
    throw new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });
  });
}

function hubRepositoryOf(path: string): string | undefined {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if (HUB_REPOSITORY.test(basename(folder))) return folder;
  }
  return undefined;
}

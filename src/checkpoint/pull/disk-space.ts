/** @file Whether what is still to come fits on the disk, asked before the first byte. */
import { statfs } from "node:fs/promises";
import { InpaintError } from "../../errors/inpaint-error.js";

/** Kept free beyond the files themselves: their folders, the manifest, whatever else writes there meanwhile. */
const RESERVE_BYTES = 64_000_000;

/** Throws PULL_FAILED saying how much is needed and how much is free. */
export async function expectDiskSpace(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (bytes === 0 || bytes + RESERVE_BYTES <= free) return;
  throw new InpaintError(
    "PULL_FAILED",
    `${directory}: ${bytes} bytes are to come and ${RESERVE_BYTES} should stay free, but the disk has ${free}`,
  );
}

/** @file Makes a rename last: the names of a folder are on the disk when its own entry is. Knows no file. */
import { open } from "node:fs/promises";

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

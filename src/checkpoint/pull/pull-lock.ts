/**
 * @file One pull at a time per folder: a file that names the process that holds it, taken over when that is gone.
 * Knows processes of this host only: a lock of another one is respected, and the message says which file to delete.
 */
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";

export const LOCK_FILE = ".pull.lock";

const ownerSchema = z.object({ pid: z.int().positive(), host: z.string(), started: z.string() });
type Owner = z.output<typeof ownerSchema>;

/** Gives the lock back. */
export type Release = () => Promise<void>;

/** Throws PULL_FAILED naming the process that holds the folder. */
export async function lockFolder(directory: string): Promise<Release> {
  const path = join(directory, LOCK_FILE);
  const own: Owner = { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
  if (!(await create(path, own))) {
    await takeOver(path);
    if (!(await create(path, own))) throw held(path, undefined);
  }
  return () => rm(path, { force: true });
}

/** False when there is one already. */
async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(JSON.stringify(owner));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock whose process is gone; throws when it is not. */
async function takeOver(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return; // given back meanwhile
  const owner = parseOwner(text);
  if (owner === undefined || !(await isGone(owner))) throw held(path, owner);
  // Two may find the same dead lock. Moving it aside succeeds for one; whoever moved a living one puts it back.
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, "utf8").catch(() => undefined);
  if (moved !== undefined && moved !== text) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function parseOwner(text: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function isGone({ pid, host, started }: Owner): Promise<boolean> {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  // The number may belong to another process by now, which did not start when the owner did.
  return started !== (await startOf(pid));
}

/** When a process started, in the kernel's ticks since boot; empty where there is no /proc. Reference: proc(5), field 22. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function held(path: string, owner: Owner | undefined): InpaintError {
  const who = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
  return new InpaintError(
    "PULL_FAILED",
    `${who} is pulling into this folder; if it is not, delete ${path} and try again`,
  );
}

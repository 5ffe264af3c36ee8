/** @file Whether a process that is not our child still runs. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/** False for a process that is gone, and for one that is dead and only waits to be collected. */
export async function isRunning(pid: number): Promise<boolean> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** True once the process has ended, false if it still runs after `timeoutMs`. */
export async function endedWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (await isRunning(pid)) {
    if (performance.now() > deadlineMs) return false;
    await sleep(POLL_MS);
  }
  return true;
}

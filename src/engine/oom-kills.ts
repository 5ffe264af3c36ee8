/** @file How many processes the kernel has killed for want of memory. Knows Linux; elsewhere it knows nothing. */
import { readFileSync } from "node:fs";

/** The container's own, where it is told: the machine's counts those of its neighbours too. */
const COUNTERS = ["/sys/fs/cgroup/memory.events", "/proc/vmstat"];

/** So far; 0 where it is not told. */
export function oomKills(): number {
  return COUNTERS.map(countIn).find((count) => count !== undefined) ?? 0;
}

function countIn(path: string): number | undefined {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

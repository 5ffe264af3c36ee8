/** @file How many processes the kernel has killed for want of memory. Knows Linux; elsewhere it knows nothing. */
import { readFileSync } from "node:fs";

/** The machine's, or the container's own where it is told. */
const COUNTERS = ["/proc/vmstat", "/sys/fs/cgroup/memory.events"];

/** Since the machine started; 0 where it is not told. */
export function oomKills(): number {
  return COUNTERS.reduce((sum, path) => sum + countIn(path), 0);
}

function countIn(path: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** @file Memory of a process that is not ours, from /proc: Linux only. */
import { readFileSync } from "node:fs";

/** Bytes. `VmRSS` is what is resident now, `VmHWM` the most that ever was. */
export function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}`);
  return Number(kibibytes) * 1024;
}

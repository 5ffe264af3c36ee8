/** @file What a tick costs beside the UNet: in the worker, and in the engine. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { TickTime } from "./tick-worker.js";

const TICK_WORKER = fileURLToPath(new URL("./tick-worker.js", import.meta.url));

export interface TickLoad {
  /** In every tick. */
  readonly jobs: number;
  /** Pixels of height and width. */
  readonly side: number;
  readonly steps: number;
}

/** Each tick of a worker, the sending of its messages included. */
export async function timedTicks({ jobs, side, steps }: TickLoad): Promise<readonly TickTime[]> {
  const child = fork(TICK_WORKER, [jobs, side, steps].map(String), {
    serialization: "advanced",
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  child.on("message", () => {}); // read, as the engine does
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the process that ticks ended with exit code ${code}`);
  return z
    .array(z.object({ outsideMs: z.number(), stepsMs: z.number() }))
    .min(1)
    .parse(JSON.parse(text));
}

/** Milliseconds of this process's CPU time that `work` takes, on all its threads. */
export async function cpuMsOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

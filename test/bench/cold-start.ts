/**
 * @file `npm start` on a checkpoint, from the command to the ready worker, and one whole image: seconds and the worker's
 * memory. Linux only: memory is read from /proc.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { z } from "zod";
import { rootPath } from "../support/paths.js";
import { memoryOf } from "../support/process-memory.js";
import { sampleImageFile, sampleMaskFile } from "../support/sample.js";

const STEPS = 1;

const readySchema = z.object({
  msg: z.literal("worker ready"),
  workerPid: z.number(),
  openMs: z.number(),
  warmUpMs: z.number(),
});
const listeningSchema = z.object({ msg: z.literal("listening"), address: z.string(), port: z.number() });

export interface ColdStart {
  /** From the command to the worker's message that it is ready. */
  readonly readyMs: number;
  readonly openMs: number;
  readonly warmUpMs: number;
  readonly readyRssBytes: number;
  readonly imageMs: number;
  readonly imageRssBytes: number;
  readonly peakRssBytes: number;
}

export async function coldStart(modelDir: string): Promise<ColdStart> {
  const startMs = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: rootPath,
    // a group of its own, so that what npm starts ends with it
    detached: true,
    env: { ...process.env, MODEL_DIR: modelDir, PORT: "0", HOST: "127.0.0.1", EXECUTION_PROVIDER: "cpu" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "close");
  try {
    const { ready, listening } = await readyAndListening(child.stdout, exited);
    const readyMs = performance.now() - startMs;
    const readyRssBytes = memoryOf(ready.workerPid, "VmRSS");
    const imageStartMs = performance.now();
    await inpaint(`http://${listening.address}:${listening.port}/score`);
    return {
      readyMs,
      openMs: ready.openMs,
      warmUpMs: ready.warmUpMs,
      readyRssBytes,
      imageMs: performance.now() - imageStartMs,
      imageRssBytes: memoryOf(ready.workerPid, "VmRSS"),
      peakRssBytes: memoryOf(ready.workerPid, "VmHWM"),
    };
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await exited;
  }
}

/** The log's two lines that matter. Its other lines are read too: a pipe that nobody reads would stop the server. */
async function readyAndListening(log: Readable, exited: Promise<unknown>) {
  const lines = createInterface({ input: log });
  const first = <T>(schema: z.ZodType<T>) =>
    new Promise<T>((resolve) => {
      lines.on("line", (line) => {
        const { data } = line.startsWith("{") ? schema.safeParse(JSON.parse(line)) : {};
        if (data !== undefined) resolve(data);
      });
    });
  const both = Promise.all([first(readySchema), first(listeningSchema)]);
  const tooLate = exited.then(() => {
    throw new Error("the server ended before it was ready");
  });
  const [ready, listening] = await Promise.race([both, tooLate]);
  return { ready, listening };
}

async function inpaint(url: string): Promise<void> {
  const [image, mask] = [sampleImageFile, sampleMaskFile].map((file) => file.toString("base64"));
  const row = { prompt: "Face of a yellow cat", image, mask_image: mask };
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      input_data: { data: [row], parameters: { num_inference_steps: STEPS, seed: 7 } },
    }),
  });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`${reply.status}: ${text.slice(0, 200)}`);
}

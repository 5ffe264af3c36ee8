/**
 * @file Workers that wait where a test holds them: before they open their model, or for a while in each UNet call, so that
 * what happens meanwhile does happen meanwhile, on a busy machine too. Knows the runtime; knows no job.
 */
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { preloading } from "./preload.js";
import { temporaryFolder } from "./temporary-folder.js";

const ORT = pathToFileURL(createRequire(import.meta.url).resolve("onnxruntime-node")).href;
/** Far less than the silence for which a worker is taken for hung. */
const LONGEST_CALL_MS = 500;
const POLL_MS = 10;

export type HeldPlace = "opening" | "calls";

export interface HeldWorkers {
  /** What workers run first. */
  readonly code: string;
  /** Of a server whose workers are to be held. */
  readonly environment: Readonly<Record<string, string>>;
  /** Workers that come to `place` wait from now on: "opening" until they are let go, each of "calls" half a second. */
  hold(place: HeldPlace): void;
  /** Those that wait go on, and nobody waits any more. Idempotent. */
  letGo(place: HeldPlace): void;
}

/** The same code runs in the server's own process, which is not held. Of a UNet's inputs the timesteps have one dimension. */
const holding = (paths: Readonly<Record<HeldPlace, string>>) => `
import { existsSync } from "node:fs";
import { setTimeout as sleepWhileHeld } from "node:timers/promises";
const paths = ${JSON.stringify(paths)};
if (/engine.worker.main\\.js$/.test(process.argv[1] ?? "")) {
  while (existsSync(paths.opening)) await sleepWhileHeld(${POLL_MS});
  const { InferenceSession } = (await import(${JSON.stringify(ORT)})).default;
  const { run } = InferenceSession.prototype;
  InferenceSession.prototype.run = async function (feeds, ...rest) {
    const isUnet = Object.values(feeds).some(({ dims }) => dims.length === 1);
    for (let ms = 0; isUnet && ms < ${LONGEST_CALL_MS} && existsSync(paths.calls); ms += ${POLL_MS}) {
      await sleepWhileHeld(${POLL_MS});
    }
    return run.call(this, feeds, ...rest);
  };
}
`;

/** Nobody is held yet. */
export async function heldWorkers(t: TestContext): Promise<HeldWorkers> {
  const folder = await temporaryFolder(t);
  const paths = { opening: join(folder, "opening"), calls: join(folder, "calls") };
  const code = holding(paths);
  return {
    code,
    environment: { NODE_OPTIONS: String(preloading(code).NODE_OPTIONS) },
    hold: (place) => writeFileSync(paths[place], ""),
    letGo: (place) => rmSync(paths[place], { force: true }),
  };
}

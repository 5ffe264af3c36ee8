/**
 * @file `model verify`: every hash that is known is compared, every network is opened by the real runtime and run once.
 * A run blocks this process, which does nothing else.
 */
import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.js";
import { weightFiles } from "../checkpoint/describe-checkpoint.js";
import { ContentHasher, hashFileInto } from "../checkpoint/files/content-hash.js";
import { type KnownHash, knownHashes } from "../checkpoint/known-hashes.js";
import type { ModelOptions } from "../engine/protocol.js";
import { expectSchedule } from "../engine/worker/expect-schedule.js";
import { loadModel } from "../engine/worker/load-model.js";
import { warmUp } from "../engine/worker/warm-up.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { namedModel } from "./named-model.js";

interface Check {
  /** A file, or a network. */
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly ms: number;
}

/** The exit code: 1 when a check failed. Throws INVALID_SETTING. */
export async function modelVerify(
  folder: string | undefined,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const checks: Check[] = [];
  for await (const check of verify(namedModel(folder))) {
    checks.push(check);
    if (!json) process.stdout.write(inText(check));
  }
  const failed = checks.filter(({ ok }) => !ok).length;
  if (json) process.stdout.write(`${JSON.stringify({ ok: failed === 0, checks }, null, 2)}\n`);
  else {
    const verdict = failed === 0 ? "All passed" : `${failed} failed`;
    process.stdout.write(`${verdict}, of ${checks.length} checks.\n`);
  }
  return failed === 0 ? 0 : 1;
}

/** One line at a time: a large file takes its while. */
function inText({ what, ok, detail, ms }: Check): string {
  const verdict = (ok ? "ok" : "FAILED").padEnd(8);
  const time = `${(ms / 1000).toFixed(2)} s`.padStart(8);
  return `${verdict}${time}  ${what}: ${detail}\n`;
}

async function* verify(options: ModelOptions): AsyncGenerator<Check> {
  const startMs = performance.now();
  const opened = await openCheckpoint(options).catch((error: unknown) => failure("headers", startMs, error));
  // What cannot be opened may still tell which of its files is damaged.
  const directory = "ok" in opened ? options.modelDir : opened.directory;
  const used = "ok" in opened ? [] : weightFiles(opened);
  yield "ok" in opened
    ? opened
    : { what: "headers", ok: true, detail: "every config and tensor header", ms: msSince(startMs) };
  const known = await knownHashes(directory, used).catch((error: unknown) =>
    failure("hashes", startMs, error),
  );
  if ("ok" in known) yield known;
  else {
    for (const file of known) yield compareHash(directory, file);
    if (known.length === 0) {
      yield { what: "hashes", ok: true, detail: "none is known: not pulled, and not in a hub cache", ms: 0 };
    }
  }
  if ("ok" in opened) return;
  yield checkSchedule(opened, options);
  yield* runNetworks(options);
}

function checkSchedule({ scheduler }: Checkpoint, options: ModelOptions): Check {
  const startMs = performance.now();
  try {
    expectSchedule(scheduler, options);
    return {
      what: "scheduler",
      ok: true,
      detail: `${scheduler.className}, as configured`,
      ms: msSince(startMs),
    };
  } catch (error) {
    return failure("scheduler", startMs, error);
  }
}

async function compareHash(directory: string, { path, size, hash }: KnownHash): Promise<Check> {
  const startMs = performance.now();
  const what = relative(directory, path);
  const done = (ok: boolean, detail: string): Check => ({ what, ok, detail, ms: msSince(startMs) });
  try {
    const found = await stat(path);
    if (size !== undefined && found.size !== size) {
      return done(false, `has ${found.size} bytes, the hub's file has ${size}`);
    }
    const hasher = new ContentHasher(hash.algorithm, found.size);
    await hashFileInto(hasher, path, found.size);
    return hasher.hex() === hash.hex
      ? done(true, `${hash.algorithm} as on the hub`)
      : done(false, `${hash.algorithm} is ${hasher.hex()}, on the hub ${hash.hex}: delete it and pull again`);
  } catch (error) {
    return done(false, error instanceof Error ? error.message : String(error));
  }
}

/** As the worker does it before it is ready. */
async function* runNetworks(options: ModelOptions): AsyncGenerator<Check> {
  let startMs = performance.now();
  const model = await loadModel(options).catch((error: unknown) => failure("sessions", startMs, error));
  if ("ok" in model) {
    yield model;
    return;
  }
  yield { what: "sessions", ok: true, detail: "all four networks opened", ms: msSince(startMs) };
  const passed: Check[] = [];
  startMs = performance.now();
  try {
    await warmUp(model, {
      onPassed(network) {
        passed.push({
          what: network,
          ok: true,
          detail: "ran once, every number finite",
          ms: msSince(startMs),
        });
        startMs = performance.now();
      },
    });
  } catch (error) {
    passed.push(failure("networks", startMs, error));
  } finally {
    await model.release();
  }
  yield* passed;
}

function failure(what: string, startMs: number, error: unknown): Check {
  if (!(error instanceof InpaintError)) throw error;
  return { what, ok: false, detail: error.message, ms: msSince(startMs) };
}

const msSince = (startMs: number) => Math.round(performance.now() - startMs);

/** @file How far a server is, read from its metrics and shown on one line. Knows two counters and the terminal. */
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 500;
/** A log file gets a line for each of these parts; a terminal gets a line that changes. */
const LOG_PARTS = 5;

interface Progress {
  readonly done: number;
  readonly planned: number;
}

function readCounter(metrics: string, name: string): number {
  const line = metrics.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

async function readProgress(url: string, signal: AbortSignal): Promise<Progress> {
  const metrics = await (await fetch(`${url}/metrics`, { signal })).text();
  return {
    done: readCounter(metrics, "inpaint_unet_calls_total"),
    planned: readCounter(metrics, "inpaint_unet_calls_planned_total"),
  };
}

/**
 * Show the UNet calls of the server at `url` until `work` settles; what `work` gives. `expected` is the number of
 * calls in all, which the server cannot know before every row has begun.
 */
export async function showProgress<T>(url: string, expected: number, work: Promise<T>): Promise<T> {
  const { stdout } = process;
  const finished = new AbortController();
  const watch = async () => {
    let shownPart = -1;
    while (!finished.signal.aborted) {
      const { done, planned } = await readProgress(url, finished.signal);
      const total = Math.max(expected, planned);
      const line = `  UNet calls ${done} of ${total}`;
      const part = Math.floor((done / total) * LOG_PARTS);
      if (stdout.isTTY) stdout.write(`\r${line}`);
      else if (part > shownPart) stdout.write(`${line}\n`);
      shownPart = Math.max(part, shownPart);
      await sleep(POLL_MS, undefined, { signal: finished.signal });
    }
  };
  const watching = watch().catch(() => {}); // a missed look is no reason to fail, and the last one is cut off
  try {
    return await work;
  } finally {
    finished.abort();
    await watching;
    if (stdout.isTTY) stdout.write("\r\x1b[K");
  }
}

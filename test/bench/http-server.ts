/**
 * @file The server of the HTTP bench, in a process of its own: the real application, scorer and codec at their default
 * limits, with the answer of a worker that computes nothing. Tells how long its event loop was held up.
 * Arguments: the address of a Content Safety service and its key, where content is to be screened.
 */
import { fork } from "node:child_process";
import { setTimeout, setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openScreening } from "../../src/bin/screening.js";
import { readSettings } from "../../src/config/settings.js";
import { PartReceiver, PartSender } from "../../src/engine/message-parts.js";
import { buildApp } from "../../src/http/app.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { createLogger } from "../../src/observability/logger.js";
import { createMetrics } from "../../src/observability/metrics.js";
import { createScorer } from "../../src/scoring/score.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { NO_TIMES, runnerOf } from "../scoring/job-runners.js";
import { samplePictures } from "../support/sample.js";
import type { CannedDone, CannedRun } from "./canned-worker.js";
import { LoopProbe } from "./loop-probe.js";

/** From the bench. */
export type Order = { readonly type: "reset" } | { readonly type: "report" };
/** To the bench; milliseconds. */
export type Report =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "reset" }
  | { readonly type: "delays"; readonly p99Ms: number; readonly maxMs: number; readonly cpuMs: number };

/** Longer than the probe's interval: it tells of a delay when it is over. */
const SETTLE_MS = 10;
const PREVIEW_EDGE_PIXELS = 128;
const PREVIEWS = 4;

const [CONTENT_SAFETY_ENDPOINT = "", CONTENT_SAFETY_KEY = ""] = process.argv.slice(2);
const settings = readSettings({ CONTENT_SAFETY_ENDPOINT, CONTENT_SAFETY_KEY });
const metrics = createMetrics();
const logger = createLogger("silent");
const codec = createSharpCodec({ maxPixels: settings.maxPixels });
const { image: preview } = samplePictures(PREVIEW_EDGE_PIXELS);

const worker = fork(fileURLToPath(new URL("./canned-worker.js", import.meta.url)), {
  serialization: "advanced",
});
const sender = new PartSender((message) => new Promise((resolve) => worker.send(message, () => resolve())));
const receiver = new PartReceiver();
const waiting = new Map<number, (image: RgbImage) => void>();
let runs = 0;

const isDone = (message: unknown): message is CannedDone =>
  typeof message === "object" && message !== null && "image" in message;

worker.on("message", (received) => {
  const message = receiver.receive(received);
  if (!isDone(message)) return;
  waiting.get(message.id)?.(message.image);
  waiting.delete(message.id);
});

const runner = runnerOf(async (job, { observer }) => {
  const id = runs++;
  for (let call = 1; call <= PREVIEWS; call++) {
    await turn();
    observer?.onProgress?.({ call, calls: PREVIEWS, preview });
  }
  const image = await new Promise<RgbImage>((resolve) => {
    waiting.set(id, resolve);
    void sender.send({ id, job } satisfies CannedRun);
  });
  return { image, times: NO_TIMES, warnings: [] };
});

const app = buildApp({
  scorer: createScorer({
    codec,
    runner,
    screening: await openScreening(settings, { logger, metrics }),
    limits: settings,
    metrics,
  }),
  isReady: () => true,
  model: () => undefined,
  metrics,
  logger,
  settings,
});

const probe = new LoopProbe();
let cpuBefore = process.cpuUsage();
const tell = (report: Report) => process.send?.(report);

process.on("message", async (order: Order) => {
  if (order.type === "reset") {
    probe.reset();
    cpuBefore = process.cpuUsage();
    tell({ type: "reset" });
  } else {
    const { user, system } = process.cpuUsage(cpuBefore);
    await setTimeout(SETTLE_MS);
    tell({
      type: "delays",
      ...probe.delays,
      cpuMs: (user + system) / 1000,
    });
  }
});
process.on("disconnect", () => process.exit(0));

tell({ type: "listening", url: await app.listen({ host: "127.0.0.1", port: 0 }) });

/**
 * @file The server of the HTTP bench, in a process of its own: the real application, scorer and codec at their default
 * limits, with an engine whose answer is canned. Tells how long its event loop was held up.
 */
import { setTimeout } from "node:timers/promises";
import { readSettings } from "../../src/config/settings.js";
import { buildApp } from "../../src/http/app.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { createLogger } from "../../src/observability/logger.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { JobResult } from "../../src/scoring/ports.js";
import { createScorer } from "../../src/scoring/score.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { GEOMETRY, NO_TIMES, runnerOf } from "../scoring/job-runners.js";
import { samplePictures } from "../support/sample.js";
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

const settings = readSettings({});
const metrics = createMetrics();
const codec = createSharpCodec({ maxPixels: settings.maxPixels });
const { image: answer } = samplePictures(GEOMETRY.width);
const { image: preview } = samplePictures(PREVIEW_EDGE_PIXELS);

/** What a decoder gave for the row is the answer too where the model would give one of its size. */
const resultOf = (image: RgbImage): JobResult => ({ image, times: NO_TIMES, warnings: [] });
const runner = runnerOf(async ({ image, paddingMaskCrop }, { observer }) => {
  for (let call = 1; call <= PREVIEWS; call++) {
    await new Promise(setImmediate);
    observer?.onProgress?.({ call, calls: PREVIEWS, preview });
  }
  return resultOf(paddingMaskCrop === undefined ? answer : image);
});

const app = buildApp({
  scorer: createScorer({ codec, runner, limits: settings, metrics }),
  isReady: () => true,
  model: () => undefined,
  metrics,
  logger: createLogger("silent"),
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

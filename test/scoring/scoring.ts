/** @file A scorer over real image files, and requests for it. The job runner is each test's own. */
import { readFile } from "node:fs/promises";
import { readSettings } from "../../src/config/settings.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { JobRunner } from "../../src/scoring/ports.js";
import {
  createScorer,
  type ScoredRow,
  type ScoreOptions,
  type ScoringLimits,
} from "../../src/scoring/score.js";

export const limits = readSettings({});
export const codec = createSharpCodec({ maxPixels: limits.maxPixels });

export const fixture = (path: string) => readFile(new URL(`../../../test/fixtures/${path}`, import.meta.url));
export const IMAGE = (await fixture("dog-on-bench/image.png")).toString("base64");
export const MASK = (await fixture("dog-on-bench/mask.png")).toString("base64");
/** 25 × 19 pixels. */
export const SMALL = (await fixture("golden/decode/photo.jpg")).toString("base64");

export const scorer = (runner: JobRunner, changes: Partial<ScoringLimits> = {}) =>
  createScorer({ codec, runner, limits: { ...limits, ...changes }, metrics: createMetrics() });

/** The rows as a client gets them. */
export const asSent = (rows: readonly ScoredRow[]) =>
  rows.map((row) => ({
    ...row,
    generated_image:
      typeof row.generated_image === "string"
        ? row.generated_image
        : Buffer.from(row.generated_image).toString("base64"),
  }));

export const never = new AbortController().signal;
export const options: ScoreOptions = {
  signal: never,
  deadlineMs: Number.POSITIVE_INFINITY,
  priority: "online",
};
export const row = (prompt: string, extra: object = {}) => ({
  prompt,
  image: IMAGE,
  mask_image: MASK,
  ...extra,
});
export const body = (data: readonly unknown[], parameters: object = {}) => ({
  input_data: { data, parameters },
});

/**
 * @file One process that opens one full-size checkpoint as the worker does, runs every network once and compares it with
 * the reference (test/scripts/goldens/full_size.py). Prints one line of JSON.
 * Usage: node dist/test/full-size/check-networks.js FOLDER
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { randomCheckpointPath } from "../support/paths.js";
import { relativeError } from "../support/relative-error.js";
import { loadTestModel } from "../support/test-model.js";
import { FULL_SIZE_GOLDENS } from "./full-size-goldens.js";

export interface NetworkCheck {
  readonly network: string;
  readonly ms: number;
  /** max|a − b| / max|b| */
  readonly error: number;
}

export interface CheckpointCheck {
  readonly openMs: number;
  readonly networks: readonly NetworkCheck[];
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

const [modelDir] = process.argv.slice(2);
if (modelDir === undefined) throw new Error("name the checkpoint's folder");
const startMs = performance.now();
// A single file holds no tokenizer, and does not say what its UNet predicts.
const model = await loadTestModel({
  tokenizerDir: join(randomCheckpointPath, "tokenizer"),
  predictionType: "epsilon",
  modelDir,
  threads: availableParallelism(),
});
const openMs = performance.now() - startMs;

const results: NetworkCheck[] = [];
for (const { label, expected, run } of FULL_SIZE_GOLDENS) {
  const runMs = performance.now();
  const output = await run(model.networks);
  const ms = performance.now() - runMs;
  results.push({ network: label, ms, error: relativeError(output, expected) });
}
const result: CheckpointCheck = {
  openMs,
  networks: results,
  rssBytes: process.memoryUsage.rss(),
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
await model.release();
process.stdout.write(`${JSON.stringify(result)}\n`);

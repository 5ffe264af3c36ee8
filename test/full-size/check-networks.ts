/**
 * @file One process that opens one full-size checkpoint as the worker does, runs every network once and compares it with
 * the reference (test/scripts/goldens/full_size.py). Prints one line of JSON.
 * Usage: node dist/test/full-size/check-networks.js FOLDER
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Tensor, tensor } from "../../src/tensor/tensor.js";
import { readGoldenTensor } from "../support/golden.js";
import { noiseFloats, noiseWords } from "../support/integer-noise.js";
import { modelPath } from "../support/paths.js";
import { loadTestModel } from "../support/test-model.js";

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

/** The reference keeps every eleventh token's states. */
const TOKEN_STRIDE = 11;

const [modelDir] = process.argv.slice(2);
if (modelDir === undefined) throw new Error("name the checkpoint's folder");
const startMs = performance.now();
// A single file holds no tokenizer, and does not say what its UNet predicts.
const model = await loadTestModel({
  tokenizerDir: join(modelPath, "tokenizer"),
  predictionType: "epsilon",
  modelDir,
  threads: availableParallelism(),
});
const openMs = performance.now() - startMs;

const noise = <L extends string>(seed: number, shape: readonly number[], scale = 1): Tensor<L> => {
  const values = noiseFloats(
    shape.reduce((product, size) => product * size, 1),
    seed,
  );
  return tensor(
    shape,
    values.map((value) => value * scale),
  );
};
const vocabularySize = 49408;
const ids = Int32Array.from(noiseWords(77, 1), (word) => word % vocabularySize);

const { networks } = model;
const checks: readonly (readonly [network: string, golden: string, () => Promise<Tensor<string>>])[] = [
  ["text encoder", "text-states", async () => everyToken(await networks.encodePrompt(ids, 0), TOKEN_STRIDE)],
  [
    "UNet",
    "unet-out",
    () => networks.predictNoise(noise(2, [2, 9, 64, 64]), Float32Array.of(981, 21), noise(3, [2, 77, 1024])),
  ],
  ["VAE encoder", "vae-moments", () => networks.encodeImage(noise(4, [1, 3, 64, 64], 0.5))],
  ["VAE decoder", "vae-decoded", () => networks.decodeLatents(noise(5, [1, 4, 8, 8]))],
];

const results: NetworkCheck[] = [];
for (const [network, golden, run] of checks) {
  const runMs = performance.now();
  const output = await run();
  const ms = performance.now() - runMs;
  results.push({ network, ms, error: relativeError(output, readGoldenTensor(`full_size/${golden}.npy`)) });
}
const result: CheckpointCheck = {
  openMs,
  networks: results,
  rssBytes: process.memoryUsage.rss(),
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
await model.release();
process.stdout.write(`${JSON.stringify(result)}\n`);

function everyToken({ shape, data }: Tensor<string>, stride: number): Tensor<string> {
  const [, tokens = 0, width = 0] = shape;
  const kept = Array.from({ length: Math.ceil(tokens / stride) }, (_, i) =>
    data.subarray(i * stride * width, (i * stride + 1) * width),
  );
  return tensor([1, kept.length, width], Float32Array.from(kept.flatMap((row) => [...row])));
}

/** Infinite where a value is not a number, or the shapes differ. */
function relativeError(actual: Tensor<string>, expected: Tensor<string>): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let [most, worst] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i] ?? Number.NaN, expected.data[i] ?? 0];
    if (!Number.isFinite(a)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, Math.abs(b));
    worst = Math.max(worst, Math.abs(a - b));
  }
  return worst / most;
}

/**
 * @file Milliseconds per stage of one 512×512 image on the embedded model, beside the Gemm rate of the same process.
 * Ends with exit code 1 when the median of what the server takes beside the networks is over its limit.
 * Usage: npm run bench [-- threads]
 */
import { availableParallelism, cpus } from "node:os";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";
import type { LoadedModel } from "../../src/engine/worker/loaded-model.js";
import { runJob } from "../support/run-job.js";
import { codec, sampleImageFile, sampleJob, sampleMaskFile } from "../support/sample.js";
import { loadTestModel } from "../support/test-model.js";
import { GemmYardstick } from "./gemm-yardstick.js";
import { timedNetworks } from "./timed-networks.js";

const STEPS = 20;
const IMAGES = 5;
/** What the server itself may take beside the networks. */
const LIMITS_MS = {
  "outside the networks, per step": 1,
  "outside the networks, per image": 60,
};

const threads = Number(process.argv[2] ?? availableParallelism());
const silent = { signal: new AbortController().signal, onStarted: () => {}, onProgress: () => {} };

async function measure<T>(run: () => Promise<T>): Promise<readonly [result: T, ms: number]> {
  const start = performance.now();
  return [await run(), performance.now() - start];
}

/** Every figure in milliseconds for one image. */
async function oneImage(model: LoadedModel) {
  const { networks, times: inside } = timedNetworks(model.networks);
  const encoded = [sampleImageFile.toString("base64"), sampleMaskFile.toString("base64")];
  const [[image, maskImage], decode] = await measure(() =>
    Promise.all(encoded.map((text) => codec.decode(Buffer.from(text, "base64")))),
  );
  if (image === undefined || maskImage === undefined) throw new Error("the sample does not decode");
  const job = sampleJob({ image, maskImage, numInferenceSteps: STEPS, guidanceScale: 7.5 });
  const [finished, total] = await measure(() => runJob({ ...model, networks }, job, silent));
  const [, png] = await measure(async () =>
    Buffer.from(await codec.encode(finished.image, { format: "png" })).toString("base64"),
  );

  const { text, vaeEncode, denoise, vaeDecode, pixels } = finished.times;
  const calls = inside.predictNoise.calls;
  const aroundSteps = denoise - inside.predictNoise.ms;
  const aroundNetworks = total - Object.values(inside).reduce((sum, { ms }) => sum + ms, 0);
  return {
    "decode image and mask": decode,
    text,
    "VAE encode": vaeEncode,
    "UNet call": inside.predictNoise.ms / calls,
    "VAE decode": vaeDecode,
    pixels,
    "PNG and base64": png,
    "whole job": total,
    "outside the networks, per step": aroundSteps / calls,
    "outside the networks, per image": decode + png + aroundNetworks - aroundSteps,
  };
}

const model = await loadTestModel({ modelDir: EMBEDDED_MODEL_DIR, threads });
await oneImage(model);
const runs = [];
for (let i = 0; i < IMAGES; i++) runs.push(await oneImage(model));
const yardstick = await GemmYardstick.open(threads);
const { wall: rate } = await yardstick.rate();
await yardstick.release();
await model.release();

const print = (line: string) => process.stdout.write(`${line}\n`);
print(
  `${cpus()[0]?.model}, ${threads} threads, Node ${process.version}; 512×512, PNDM, ${STEPS} steps, guidance on`,
);
print(`the best large Gemm: ${rate.toFixed(0)} GFLOP/s\n`);
print(`${"milliseconds".padEnd(34)}${"least".padStart(9)}${"median".padStart(9)}${"most".padStart(9)}`);
const medians = new Map<string, number>();
for (const key of Object.keys(runs[0] ?? {})) {
  const values = runs.map((run) => Object.entries(run).find(([name]) => name === key)?.[1] ?? Number.NaN);
  values.sort((a, b) => a - b);
  const median = values[Math.floor(values.length / 2)] ?? Number.NaN;
  medians.set(key, median);
  const columns = [values[0], median, values.at(-1)];
  print(key.padEnd(34) + columns.map((value) => (value ?? Number.NaN).toFixed(2).padStart(9)).join(""));
}
print("");
for (const [key, limitMs] of Object.entries(LIMITS_MS)) {
  const kept = (medians.get(key) ?? Number.NaN) <= limitMs;
  print(`${key}: at most ${limitMs} ms, ${kept ? "kept" : "over"}`);
  if (!kept) process.exitCode = 1;
}

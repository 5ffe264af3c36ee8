/**
 * @file What a full-size checkpoint takes: cold start, memory, and the rate of every network beside the best large Gemm
 * of the same process. Usage: npm run bench:full-size -- FOLDER [threads]
 *
 * FOLDER: a checkpoint as `node dist/test/full-size/write-checkpoint.js FOLDER` writes it.
 * Ends with exit code 1 when a figure is past its limit.
 */
import { availableParallelism, cpus } from "node:os";
import { tensor } from "../../src/tensor/tensor.js";
import { FULL_SIZE_PARAMETERS, TFLOP } from "../full-size/operations.js";
import { noiseFloats, noiseWords } from "../support/integer-noise.js";
import { loadTestModel } from "../support/test-model.js";
import { coldStart } from "./cold-start.js";
import { GemmYardstick, type Rate, rateOf } from "./gemm-yardstick.js";

const ROWS = 2;
const RUNS = 3;
/** Parameters of text encoder, UNet and VAE, four bytes each. */
const FLOAT32_BYTES = 4 * Object.values(FULL_SIZE_PARAMETERS).reduce((sum, count) => sum + count, 0);

const LIMITS = { readySeconds: 5, memory: 1.2, unetRatio: 0.85, vaeDecoderRatio: 0.85 };

const [folder, threadsText] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: npm run bench:full-size -- FOLDER [threads]\n");
  process.exit(2);
}
const threads = Number(threadsText ?? availableParallelism());
const print = (line: string) => process.stdout.write(`${line}\n`);
const check = (what: string, value: number, limit: number, kept: boolean) => {
  print(`${what}: ${value.toFixed(2)}, limit ${limit}: ${kept ? "kept" : "OVER"}`);
  if (!kept) process.exitCode = 1;
};

print(`${cpus()[0]?.model}, ${threads} threads, Node ${process.version}`);
const start = await coldStart(folder);
const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2);
print(`\nnpm start to ready: ${(start.readyMs / 1000).toFixed(2)} s`);
print(
  `  of which opening ${(start.openMs / 1000).toFixed(2)} s, warm-up ${(start.warmUpMs / 1000).toFixed(2)} s`,
);
print(
  `worker's memory: ready ${gigabytes(start.readyRssBytes)} GB, after a 512×512 image ${gigabytes(start.imageRssBytes)} GB, peak ${gigabytes(start.peakRssBytes)} GB; weights in float32 ${gigabytes(FLOAT32_BYTES)} GB`,
);
print(`that image, one step, over HTTP: ${(start.imageMs / 1000).toFixed(2)} s\n`);

const { networks, release } = await loadTestModel({ modelDir: folder, threads });
const yardstick = await GemmYardstick.open(threads);
const floats = <L extends string>(seed: number, ...shape: readonly number[]) =>
  tensor<L>(
    shape,
    noiseFloats(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
  );
const ids = Int32Array.from(noiseWords(ROWS * 77, 1), (word) => word % 49408);
const sample = floats<"B,9,h,w">(2, ROWS, 9, 64, 64);
const states = floats<"B,77,d">(3, ROWS, 77, 1024);
const image = floats<"B,3,H,W">(4, 1, 3, 512, 512);
const latents = floats<"B,4,h,w">(5, 1, 4, 64, 64);
const runs: readonly (readonly [name: string, tflop: number, run: () => Promise<unknown>])[] = [
  ["text encoder, 2 prompts", ROWS * TFLOP.text, () => networks.encodePrompt(ids, 0)],
  [
    "UNet, 2 rows of 64×64",
    ROWS * TFLOP.unet,
    () => networks.predictNoise(sample, Float32Array.of(981, 21), states),
  ],
  ["VAE encoder, 512×512", TFLOP.vaeEncoder, () => networks.encodeImage(image)],
  ["VAE decoder, 512×512", TFLOP.vaeDecoder, () => networks.decodeLatents(latents)],
];

print(
  `${"GFLOP/s, median of 3".padEnd(26)}${["wall", "Gemm", "ratio", "CPU", "Gemm", "ratio"].map((column) => column.padStart(8)).join("")}`,
);
const ratios = new Map<string, number>();
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
for (const [name, tflop, run] of runs) {
  await run();
  const pairs: { readonly network: Rate; readonly gemm: Rate }[] = [];
  for (let i = 0; i < RUNS; i++) {
    const gemm = await yardstick.rate();
    pairs.push({ network: await rateOf(tflop * 1e12, threads, run), gemm });
  }
  const columns = (["wall", "cpu"] as const).flatMap((clock) => [
    median(pairs.map(({ network }) => network[clock])).toFixed(0),
    median(pairs.map(({ gemm }) => gemm[clock])).toFixed(0),
    median(pairs.map(({ network, gemm }) => network[clock] / gemm[clock])).toFixed(2),
  ]);
  ratios.set(name, median(pairs.map(({ network, gemm }) => network.wall / gemm.wall)));
  print(name.padEnd(26) + columns.map((cell) => cell.padStart(8)).join(""));
}
await release();
await yardstick.release();

print("");
check(
  "seconds to ready",
  start.readyMs / 1000,
  LIMITS.readySeconds,
  start.readyMs / 1000 <= LIMITS.readySeconds,
);
const memory = start.imageRssBytes / FLOAT32_BYTES;
check("memory after an image, of the weights", memory, LIMITS.memory, memory <= LIMITS.memory);
const unet = ratios.get("UNet, 2 rows of 64×64") ?? 0;
check("UNet, of the Gemm rate", unet, LIMITS.unetRatio, unet >= LIMITS.unetRatio);
const decoder = ratios.get("VAE decoder, 512×512") ?? 0;
check("VAE decoder, of the Gemm rate", decoder, LIMITS.vaeDecoderRatio, decoder >= LIMITS.vaeDecoderRatio);

/**
 * @file Full-size checkpoints in every dtype and layout, one after the other: written, opened in a process of their own,
 * compared with the reference, deleted. Prints a table; ends with exit code 1 when a checkpoint differs from it.
 * Usage: npm run test:full-size -- FOLDER [DTYPE,… [LAYOUT,… [PYTHON]]]
 *
 * The layout ckpt needs PYTHON, an interpreter with torch and safetensors. FOLDER needs 11 GB free. Memory: 6 GB.
 */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { DTYPES, type Dtype } from "./weight-values.js";
import { LAYOUTS, type Layout, writeCheckpoint } from "./write-checkpoint.js";

/** max|a − b| ≤ this · max|b|. */
const TOLERANCE = 1e-3;
const CHECK = fileURLToPath(new URL("check-networks.js", import.meta.url));

const checkSchema = z.object({
  openMs: z.number(),
  networks: z
    .array(z.object({ network: z.string(), ms: z.number(), error: z.number().nullable() }))
    .length(4),
  rssBytes: z.number(),
  peakRssBytes: z.number(),
});

const print = (line: string) => process.stdout.write(`${line}\n`);

const [folder, dtypes = DTYPES.join(), layouts = LAYOUTS.join(), python = "python3"] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: npm run test:full-size -- FOLDER [DTYPE,… [LAYOUT,… [PYTHON]]]\n");
  process.exit(2);
}
print(
  `${"weights".padEnd(18)}${["write s", "open s", "text s", "UNet s", "VAE s", "RSS GB", "peak GB"]
    .map((column) => column.padStart(9))
    .join("")}  largest error of text, UNet, VAE encoder, VAE decoder`,
);
for (const layout of chosen(LAYOUTS, layouts)) {
  for (const dtype of chosen(DTYPES, dtypes)) {
    await check(join(folder, `full-size-${layout}-${dtype}`), dtype, layout);
  }
}

async function check(checkpoint: string, dtype: Dtype, layout: Layout): Promise<void> {
  mkdirSync(checkpoint, { recursive: true });
  try {
    const startMs = performance.now();
    writeCheckpoint(checkpoint, dtype, layout, python);
    const writeMs = performance.now() - startMs;
    const { stdout } = await promisify(execFile)(process.execPath, [CHECK, checkpoint]);
    const { openMs, networks, rssBytes, peakRssBytes } = checkSchema.parse(JSON.parse(stdout));
    const [text = 0, unet = 0, encoder = 0, decoder = 0] = networks.map(({ ms }) => ms);
    const seconds = [writeMs, openMs, text, unet, encoder + decoder].map((ms) => (ms / 1000).toFixed(2));
    const gigabytes = [rssBytes, peakRssBytes].map((bytes) => (bytes / 1e9).toFixed(2));
    // What is not finite comes as null.
    const errors = networks.map(({ error }) => error ?? Number.POSITIVE_INFINITY);
    const kept = errors.every((error) => error <= TOLERANCE);
    print(
      `${`${layout} ${dtype}`.padEnd(18)}${[...seconds, ...gigabytes].map((cell) => cell.padStart(9)).join("")}` +
        `  ${errors.map((error) => error.toExponential(1)).join(" ")} ${kept ? "equal" : "DIFFERENT"}`,
    );
    if (!kept) process.exitCode = 1;
  } finally {
    rmSync(checkpoint, { recursive: true });
  }
}

function chosen<T extends string>(known: readonly T[], names: string): readonly T[] {
  return names.split(",").map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new Error(`${name}: not one of ${known.join(", ")}`);
    return found;
  });
}

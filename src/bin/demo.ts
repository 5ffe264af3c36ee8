/**
 * @file The demo: starts the server as its own process on the embedded model, sends the model card's request with the
 * sample photograph, checks and keeps the pictures. Exits 1 unless the hole, and only the hole, was repainted.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { createSharpCodec } from "../image/sharp-codec.js";
import { sideBySide } from "../image/side-by-side.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { countRepainted } from "./check-repaint.js";
import { DEMO_OUTPUT_DIR, SAMPLE_IMAGE, SAMPLE_MASK } from "./package-paths.js";
import { ServerProcess } from "./server-process.js";
import { showProgress } from "./unet-progress.js";

const STEPS = 20;
const SEED = 42;
const PROMPTS = [
  "Face of a yellow cat, high resolution, sitting on a park bench",
  "Face of a green cat, high resolution, sitting on a park bench",
] as const;
/** PNDM makes one call more than there are steps. */
const UNET_CALLS = PROMPTS.length * (STEPS + 1);
/** A repainted pixel may happen to keep its colour, but hardly every second one. */
const MIN_CHANGED_SHARE = 0.5;

const say = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/** The request of the model card as it stands there: the column says `mask`, the rows say `mask_image`. */
function cardRequest(image: string, mask: string) {
  return {
    input_data: {
      columns: ["prompt", "image", "mask"],
      data: PROMPTS.map((prompt) => ({ prompt, image, mask_image: mask })),
      index: PROMPTS.map((_, i) => i),
      parameters: { num_inference_steps: STEPS, seed: SEED },
    },
  };
}

async function score(url: string, request: unknown): Promise<readonly Uint8Array[]> {
  const reply = await fetch(`${url}/score`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`POST /score was answered with ${reply.status}: ${text}`);
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows) || rows.length !== PROMPTS.length) {
    throw new Error(`the reply should be an array of ${PROMPTS.length} rows: ${text.slice(0, 200)}`);
  }
  return rows.map(generatedImage);
}

function generatedImage(row: unknown): Uint8Array {
  if (typeof row !== "object" || row === null || !("generated_image" in row)) {
    throw new Error(`a row of the reply has no generated_image: ${JSON.stringify(row).slice(0, 200)}`);
  }
  return Buffer.from(String(row.generated_image), "base64");
}

/** Throws an Error that says what is wrong with `result`; else the share of the hole that was repainted. */
function checkResult(image: RgbImage, mask: RgbImage, result: RgbImage): number {
  const { inside, insideChanged, outsideChanged } = countRepainted(image, mask, result);
  if (outsideChanged > 0)
    throw new Error(`${outsideChanged} pixels outside the hole are not the input's own`);
  if (insideChanged < inside * MIN_CHANGED_SHARE) {
    throw new Error(`only ${insideChanged} of the ${inside} pixels inside the hole were repainted`);
  }
  return insideChanged / inside;
}

async function keep(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(DEMO_OUTPUT_DIR, name);
  await writeFile(path, bytes);
  return relative(process.cwd(), path);
}

async function demo(server: ServerProcess): Promise<void> {
  const startMs = performance.now();
  const url = await server.listening();
  await server.workerReady();
  say(`The server is ready on ${url} after ${seconds(startMs)}.`);

  const [imageFile, maskFile] = await Promise.all([readFile(SAMPLE_IMAGE), readFile(SAMPLE_MASK)]);
  say(`Sending the model card's request: ${PROMPTS.length} rows, ${STEPS} steps, seed ${SEED}.`);
  const sentMs = performance.now();
  const request = cardRequest(imageFile.toString("base64"), maskFile.toString("base64"));
  const results = await showProgress(url, UNET_CALLS, score(url, request));
  say(`Answered after ${seconds(sentMs)}.`);

  const codec = createSharpCodec({ maxPixels: 4_000_000 });
  const [image, mask] = await Promise.all([codec.decode(imageFile), codec.decode(maskFile)]);
  await mkdir(DEMO_OUTPUT_DIR, { recursive: true });
  for (const [i, png] of results.entries()) {
    const result = await codec.decode(png);
    const strip = await codec.encode(sideBySide([image, mask, result]), { format: "png" });
    const paths = [await keep(`result-${i + 1}.png`, png), await keep(`side-by-side-${i + 1}.png`, strip)];
    const share = (100 * checkResult(image, mask, result)).toFixed(1);
    say(`Row ${i + 1}, "${PROMPTS[i]}": ${share} % of the hole repainted, nothing else touched`);
    say(`  ${paths.join("  ")}`);
  }
}

say("Starting the server on the embedded model …");
const server = new ServerProcess({
  ...process.env,
  HOST: "127.0.0.1",
  PORT: "0",
  MODEL_DIR: "",
  AZUREML_MODEL_DIR: "",
});
try {
  await demo(server);
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await server.stop();
}

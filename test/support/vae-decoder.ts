/** @file The random checkpoint's VAE decoder over weights that lie anywhere: one run of it, as proof of what was read. */
import { join } from "node:path";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { readJsonFile } from "../../src/checkpoint/files/json-file.js";
import type { WeightSet } from "../../src/checkpoint/weights/weights.js";
import { buildVaeDecoder, OLD_VAE_NAMES } from "../../src/networks/vae.js";
import { CheckpointWeights } from "../../src/networks/weight-source.js";
import { GraphSession } from "../../src/runtime/graph-session.js";
import { randomCheckpointPath } from "./paths.js";

export const randomVaePath = join(randomCheckpointPath, "vae/diffusion_pytorch_model.safetensors");

/** The decoder's output for a fixed latent, by the weights in `set`. */
export async function decodeWith(set: WeightSet): Promise<Float32Array> {
  const config = await readJsonFile(join(randomCheckpointPath, "vae/config.json"), parseVaeConfig);
  const weights = new CheckpointWeights(set, OLD_VAE_NAMES);
  const graph = buildVaeDecoder(config, weights);
  const session = await GraphSession.open(graph, { weightsDirectory: weights.directory, threads: 1 });
  try {
    const latents = Float32Array.from({ length: 4 * 4 * 4 }, (_, i) => Math.sin(i));
    return (await session.run({ latents: { shape: [1, 4, 4, 4], data: latents } })).data;
  } finally {
    await session.release();
  }
}

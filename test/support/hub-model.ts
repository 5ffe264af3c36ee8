/** @file The random checkpoint as a repository of the hub has it: beside its files, copies in formats nobody needs. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { noiseBytes } from "./integer-noise.js";
import { randomCheckpointPath } from "./paths.js";

/** Path → content of the files that a server needs. */
export async function readModelFiles(): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(randomCheckpointPath, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(randomCheckpointPath.length + 1))
    .sort();
  const contents = await Promise.all(paths.map((path) => readFile(join(randomCheckpointPath, path))));
  return new Map(paths.map((path, i) => [path, new Uint8Array(contents[i] ?? [])]));
}

/** What lies beside them in the repositories of this family, and is to stay there. */
export const DECOYS: ReadonlyMap<string, Uint8Array> = new Map(
  [
    "512-inpainting-ema.ckpt",
    "512-inpainting-ema.safetensors",
    ".gitattributes",
    "README.md",
    "feature_extractor/preprocessor_config.json",
    "safety_checker/model.safetensors",
    "text_encoder/model.fp16.safetensors",
    "text_encoder/pytorch_model.bin",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "vae/diffusion_pytorch_model.bin",
    "vae/diffusion_pytorch_model.fp16.safetensors",
  ].map((path, i) => [path, noiseBytes(5000, i)]),
);

export const REPO = "sd2-community/stable-diffusion-2-inpainting";

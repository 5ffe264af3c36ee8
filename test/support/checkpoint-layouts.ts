/** @file The random checkpoint laid out as checkpoints are found in the wild. Knows the layouts; knows no expectation. */
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { readTensors } from "./checkpoint-copy.js";
import { randomCheckpointPath } from "./paths.js";
import { writeSafetensors } from "./safetensors-writer.js";

export const UNET_WEIGHTS = "unet/diffusion_pytorch_model.safetensors";
export const VAE_WEIGHTS = "vae/diffusion_pytorch_model.safetensors";
export const TEXT_WEIGHTS = "text_encoder/model.safetensors";
export const COMPONENT_WEIGHTS = [UNET_WEIGHTS, VAE_WEIGHTS, TEXT_WEIGHTS] as const;

/** As the hub's library keeps it: files by their hash, a folder of links for each revision. The repository's folder. */
export async function writeHubRepository(cache: string, { revision = "0123abcd" } = {}): Promise<string> {
  const repository = join(cache, "models--someone--stable-diffusion-2-inpainting");
  await mkdir(join(repository, "blobs"), { recursive: true });
  await mkdir(join(repository, "refs"), { recursive: true });
  await writeFile(join(repository, "refs", "main"), revision);
  const snapshot = join(repository, "snapshots", revision);
  const entries = await readdir(randomCheckpointPath, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(randomCheckpointPath, path);
    const blob = join(repository, "blobs", Buffer.from(inside).toString("hex"));
    await cp(path, blob);
    const link = join(snapshot, inside);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), blob), link);
  }
  return repository;
}

/** The folder that holds `MLmodel`, with copies of every kind beside the diffusers folder's own weights. */
export async function writeMlflowFolder(folder: string): Promise<string> {
  const artifacts = join(folder, "artifacts", "INNER_MODEL");
  await cp(randomCheckpointPath, artifacts, { recursive: true });
  await writeFile(
    join(folder, "MLmodel"),
    "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc\n",
  );
  for (const other of ["512-inpainting-ema.ckpt", "512-inpainting-ema.safetensors"]) {
    await writeFile(join(artifacts, other), "not to be opened");
  }
  await writeFile(join(artifacts, UNET_WEIGHTS.replace(".safetensors", ".bin")), "not to be opened");
  await writeFile(
    join(artifacts, UNET_WEIGHTS.replace(".safetensors", ".fp16.safetensors")),
    "not to be opened",
  );
  return artifacts;
}

/** Splits a component's file into `count` with an index, named as diffusers names them for `variant`. */
export async function splitIntoShards(
  folder: string,
  file: string,
  { count = 3, variant = "" } = {},
): Promise<void> {
  const path = join(folder, file);
  const tensors = [...(await readTensors(path))];
  const stem = path.slice(0, -".safetensors".length);
  const weightMap: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const number = (n: number) => String(n).padStart(5, "0");
    const infix = variant === "" ? "" : `.${variant}`;
    const shard = `${stem}${infix}-${number(i + 1)}-of-${number(count)}.safetensors`;
    const part = tensors.filter((_, index) => index % count === i);
    await writeSafetensors(shard, new Map(part));
    for (const [name] of part) weightMap[name] = relative(dirname(shard), shard);
  }
  await rm(path);
  const index = variant === "" ? `${path}.index.json` : `${path}.index.${variant}.json`;
  await writeFile(index, JSON.stringify({ metadata: {}, weight_map: weightMap }));
}

/** `model.safetensors` becomes `model.fp16.safetensors`. */
export async function renameToVariant(folder: string, file: string, variant: string): Promise<void> {
  const path = join(folder, file);
  await rename(path, path.replace(/\.safetensors$/, `.${variant}.safetensors`));
}

export async function changeJson(path: string, changes: object): Promise<void> {
  const content: object = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...content, ...changes }));
}

/**
 * @file Writes a full-size checkpoint of seeded random weights: 866 M parameters in the UNet, 340 M in the text
 * encoder, 84 M in the VAE. Knows the layouts; what the weights are is `weight-values.ts`.
 * Usage: node dist/test/full-size/write-checkpoint.js FOLDER [DTYPE [LAYOUT [PYTHON]]]
 * A .ckpt is written by torch: PYTHON is an interpreter that has it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { modelIndex, scheduler } from "../scripts/random-checkpoint/configs.js";
import { randomCheckpointPath, rootPath } from "../support/paths.js";
import { COMPONENTS, type ComponentName, tensorShapes, textEncoder, unet, vae } from "./configs.js";
import { singleFileTensors } from "./single-file.js";
import { byteLength, type StreamedTensor, writeStreamedSafetensors } from "./streamed-safetensors.js";
import { DTYPES, type Dtype, tensorBytes } from "./weight-values.js";

export const LAYOUTS = ["diffusers", "sharded", "safetensors", "ckpt"] as const;
export type Layout = (typeof LAYOUTS)[number];

const CONFIGS = { text_encoder: textEncoder, unet, vae } as const satisfies Record<ComponentName, object>;
const WEIGHTS_STEM = {
  text_encoder: "model",
  unet: "diffusion_pytorch_model",
  vae: "diffusion_pytorch_model",
} as const satisfies Record<ComponentName, string>;

const SHARD_BYTES = 800_000_000;

const CKPT_WRITER = join(rootPath, "test/full-size/write-ckpt.py");

export function writeCheckpoint(folder: string, dtype: Dtype, layout: Layout, python = "python3"): void {
  if (layout === "safetensors" || layout === "ckpt") {
    const stem = join(folder, "512-inpainting-ema");
    writeStreamedSafetensors(`${stem}.safetensors`, singleFileTensors(componentTensors), dtype);
    if (layout === "ckpt") {
      execFileSync(python, [CKPT_WRITER, `${stem}.safetensors`, `${stem}.ckpt`], { stdio: "inherit" });
      rmSync(`${stem}.safetensors`);
    }
    return;
  }
  writeJson(folder, "model_index.json", modelIndex);
  writeJson(folder, "scheduler/scheduler_config.json", scheduler);
  // A small vocabulary: its ids are ids of the full one too.
  cpSync(join(randomCheckpointPath, "tokenizer"), join(folder, "tokenizer"), { recursive: true });
  for (const component of COMPONENTS) {
    writeJson(folder, `${component}/config.json`, CONFIGS[component]);
    const stem = join(folder, component, WEIGHTS_STEM[component]);
    const tensors = componentTensors(component);
    if (layout === "sharded") writeShards(stem, tensors, dtype);
    else writeStreamedSafetensors(`${stem}.safetensors`, tensors, dtype);
  }
}

/** Every tensor of a component with its values, which depend on component and name. */
export const componentTensors = (component: ComponentName): readonly StreamedTensor[] =>
  [...tensorShapes(component)].map(([name, shape]) => ({
    name,
    shape,
    bytes: (dtype) => tensorBytes(`${component}/${name}`, shape, dtype),
  }));

/** As `save_pretrained` shards: numbered files and an index from tensor to file. */
function writeShards(stem: string, tensors: readonly StreamedTensor[], dtype: Dtype): void {
  const shards: StreamedTensor[][] = [];
  let size = Number.POSITIVE_INFINITY;
  let total = 0;
  for (const tensor of tensors) {
    const bytes = byteLength(tensor, dtype);
    if (size + bytes > SHARD_BYTES) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)?.push(tensor);
    size += bytes;
    total += bytes;
  }
  const number = (n: number) => String(n).padStart(5, "0");
  const weightMap: Record<string, string> = {};
  shards.forEach((shard, i) => {
    const path = `${stem}-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    writeStreamedSafetensors(path, shard, dtype);
    for (const { name } of shard) weightMap[name] = path.slice(dirname(stem).length + 1);
  });
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  writeFileSync(`${stem}.safetensors.index.json`, `${JSON.stringify(index, null, 2)}\n`);
}

function writeJson(folder: string, name: string, content: object): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [folder, dtypeName = "F32", layoutName = "diffusers", python] = process.argv.slice(2);
  const dtype = DTYPES.find((name) => name === dtypeName);
  const layout = LAYOUTS.find((name) => name === layoutName);
  if (folder === undefined || dtype === undefined || layout === undefined) {
    process.stderr.write(
      `usage: write-checkpoint.js FOLDER [${DTYPES.join("|")} [${LAYOUTS.join("|")} [PYTHON]]]\n`,
    );
    process.exit(2);
  }
  writeCheckpoint(folder, dtype, layout, python);
}

/**
 * @file What diffusers' converters make of single-file checkpoints (test/scripts/goldens/single_file.py), and such files
 * written from it. Knows no name of any tensor: the table decides.
 */
import { cp, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseTextEncoderConfig } from "../../src/checkpoint/config/text-encoder-config.js";
import { parseUnetConfig } from "../../src/checkpoint/config/unet-config.js";
import { parseVaeConfig } from "../../src/checkpoint/config/vae-config.js";
import { buildTextEncoder } from "../../src/networks/text-encoder.js";
import { buildUnet } from "../../src/networks/unet.js";
import { buildVaeDecoder, buildVaeEncoder } from "../../src/networks/vae.js";
import { randomWeights } from "../scripts/random-checkpoint/random-weights.js";
import { readGoldenJson } from "./golden.js";
import { noiseBytes } from "./integer-noise.js";
import { randomCheckpointPath } from "./paths.js";
import { type TensorToWrite, writeSafetensors } from "./safetensors-writer.js";
import { WeightInventory } from "./weight-inventory.js";

/** Number of the tensor in the file, and for one of three fused ones which of them. */
const originSchema = z.union([z.tuple([z.int()]), z.tuple([z.int(), z.int()])]);

const goldenSchema = z.strictObject({
  modelType: z.string(),
  tensors: z.array(z.tuple([z.string(), z.array(z.int())])),
  components: z.strictObject({
    unet: z.record(z.string(), originSchema),
    vae: z.record(z.string(), originSchema),
    text_encoder: z.record(z.string(), originSchema),
  }),
  configs: z.strictObject({
    unet: z.record(z.string(), z.unknown()),
    vae: z.record(z.string(), z.unknown()),
    text_encoder: z.record(z.string(), z.unknown()),
  }),
});
export type SingleFileGolden = z.output<typeof goldenSchema>;

export const readSingleFileGolden = (name: string): SingleFileGolden =>
  readGoldenJson(`single_file/${name}.json`, goldenSchema);

export const THIRDS = 3;
const FILE_OF = {
  unet: "diffusion_pytorch_model.safetensors",
  vae: "diffusion_pytorch_model.safetensors",
  text_encoder: "model.safetensors",
} as const;
export const COMPONENTS = ["unet", "vae", "text_encoder"] as const;

/** The configs that the converters made, as our parsers read them. */
export const configsOf = ({ configs }: SingleFileGolden) => ({
  unet: parseUnetConfig(configs.unet).data ?? raise("unet"),
  vae: parseVaeConfig(configs.vae).data ?? raise("vae"),
  textEncoder: parseTextEncoderConfig(configs.text_encoder).data ?? raise("text_encoder"),
});

function raise(component: string): never {
  throw new Error(`the golden config of ${component} is refused`);
}

/** Random weights of all three components by their diffusers names. */
export function weightsOf(golden: SingleFileGolden, seed: number) {
  const configs = configsOf(golden);
  const inventories = {
    unet: new WeightInventory(),
    vae: new WeightInventory(),
    text_encoder: new WeightInventory(),
  };
  buildUnet(configs.unet, inventories.unet);
  buildVaeEncoder(configs.vae, inventories.vae);
  buildVaeDecoder(configs.vae, inventories.vae);
  buildTextEncoder(configs.textEncoder, inventories.text_encoder);
  return {
    unet: randomWeights(inventories.unet, seed),
    vae: randomWeights(inventories.vae, seed + 1),
    text_encoder: randomWeights(inventories.text_encoder, seed + 2),
  };
}
type Weights = ReturnType<typeof weightsOf>;

/** The diffusers folder of these weights, with the random checkpoint's tokenizer. */
export async function writeDiffusersFolder(
  folder: string,
  golden: SingleFileGolden,
  weights: Weights,
  scheduler: object,
): Promise<void> {
  for (const component of COMPONENTS) {
    await mkdir(join(folder, component), { recursive: true });
    await writeFile(join(folder, component, "config.json"), JSON.stringify(golden.configs[component]));
    await writeSafetensors(join(folder, component, FILE_OF[component]), weights[component]);
  }
  await mkdir(join(folder, "scheduler"));
  await writeFile(join(folder, "scheduler", "scheduler_config.json"), JSON.stringify(scheduler));
  await cp(join(randomCheckpointPath, "tokenizer"), join(folder, "tokenizer"), { recursive: true });
  await cp(join(randomCheckpointPath, "model_index.json"), join(folder, "model_index.json"));
}

/** The tensors of the single file of these weights. What no component takes is noise. */
export function singleFileTensors(golden: SingleFileGolden, weights: Weights): Map<string, TensorToWrite> {
  const parts = golden.tensors.map((): Uint8Array[] => []);
  for (const component of COMPONENTS) {
    for (const [name, [number, third = 0]] of Object.entries(golden.components[component])) {
      const tensor = weights[component].get(name);
      const into = parts[number];
      if (tensor !== undefined && into !== undefined) into[third] = tensor.bytes;
    }
  }
  return new Map(
    golden.tensors.map(([name, shape], i) => {
      const length = shape.reduce((count, size) => count * size, 4);
      const taken = parts[i] ?? [];
      const bytes = taken.length > 0 ? Buffer.concat(taken) : noiseBytes(length, i);
      if (bytes.length !== length) throw new Error(`${name}: ${bytes.length} bytes for ${length}`);
      return [name, { dtype: "F32", shape, bytes }];
    }),
  );
}

/** A file of these names and shapes whose data is a hole: it takes no room on disk, whatever its size. */
export async function writeHollowFile(
  path: string,
  tensors: SingleFileGolden["tensors"],
): Promise<{ readonly dataStart: number; readonly offsets: ReadonlyMap<string, number> }> {
  const header: Record<string, object> = {};
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, shape] of tensors) {
    const begin = end;
    end += shape.reduce((count, size) => count * size, 2);
    header[name] = { dtype: "F16", shape, data_offsets: [begin, end] };
    offsets.set(name, begin);
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json]));
  const file = await open(path, "r+");
  await file.truncate(length.length + json.length + end);
  await file.close();
  return { dataStart: length.length + json.length, offsets };
}

/** @file What an opened checkpoint is, in figures: architecture, parameters, types, sizes. Reads no weight. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "./checkpoint.js";
import type { WeightSet } from "./weights.js";

const PARAMETER_TYPES: readonly string[] = ["F64", "F32", "F16", "BF16"];
/** Resident bytes per byte of weights, measured after a step of the full-size model on the CPU: 1.05 to 1.10. */
const RESIDENT_FACTOR = 1.1;

export interface NetworkFigures {
  readonly name: "text encoder" | "UNet" | "VAE";
  readonly path: string;
  readonly parameters: number;
  /** Of its tensors; a file may hold more. */
  readonly bytes: number;
  /** Element type → number of tensors. */
  readonly types: Readonly<Record<string, number>>;
}

export interface CheckpointFigures {
  readonly directory: string;
  /** Where it was found and why this one, as the server logs it. */
  readonly source: Checkpoint["source"];
  readonly identity: string;
  readonly warnings: readonly string[];
  /** As "Stable Diffusion 2 style, inpainting (9 channels)". */
  readonly architecture: string;
  readonly unetChannels: number;
  readonly textEncoder: string;
  readonly predictionType: string;
  readonly scheduler: string;
  /** Pixels of the image that the model was trained for. */
  readonly nativeSize: { readonly width: number; readonly height: number };
  readonly networks: readonly NetworkFigures[];
  readonly parameters: number;
  /** Of every weights file that is used, each counted once. */
  readonly bytesOnDisk: number;
  readonly memoryBytes: { readonly cpuFloat32: number; readonly gpuFloat16: number };
}

/** `checkpoint` is open, so its files are there. */
export async function describeCheckpoint(checkpoint: Checkpoint): Promise<CheckpointFigures> {
  const { directory, source, identity, warnings, textEncoder, unet, vae, scheduler } = checkpoint;
  const networks = [
    figuresOf("text encoder", textEncoder.weights),
    figuresOf("UNet", unet.weights),
    figuresOf("VAE", vae.weights),
  ];
  const parameters = networks.reduce((total, network) => total + network.parameters, 0);
  const { hiddenSize, numHiddenLayers, hiddenAct } = textEncoder.config;
  const pixels = unet.config.sampleSize * vae.config.scaleFactor;
  const { inChannels } = unet.config;
  return {
    directory,
    source,
    identity,
    warnings,
    architecture:
      `Stable Diffusion ${unet.config.useLinearProjection ? 2 : 1} style, ` +
      (inChannels > unet.config.outChannels
        ? `inpainting (${inChannels} channels)`
        : `${inChannels} channels`),
    unetChannels: inChannels,
    textEncoder: `CLIP, ${numHiddenLayers} layers of width ${hiddenSize}, ${hiddenAct}`,
    // a file without the key means epsilon, the default of every scheduler's constructor
    predictionType: scheduler.predictionType ?? "epsilon",
    scheduler: scheduler.className,
    nativeSize: { width: pixels, height: pixels },
    networks,
    parameters,
    bytesOnDisk: await sizeOfFiles([textEncoder.weights, unet.weights, vae.weights]),
    memoryBytes: {
      cpuFloat32: Math.round(4 * parameters * RESIDENT_FACTOR),
      gpuFloat16: 2 * parameters,
    },
  };
}

function figuresOf(name: NetworkFigures["name"], { path, tensors }: WeightSet): NetworkFigures {
  const types: Record<string, number> = {};
  let parameters = 0;
  let bytes = 0;
  for (const { dtype, shape, length } of tensors.values()) {
    bytes += length;
    if (!PARAMETER_TYPES.includes(dtype)) continue; // a saved buffer, such as position ids
    types[dtype] = (types[dtype] ?? 0) + 1;
    parameters += shape.reduce((count, size) => count * size, 1);
  }
  return { name, path, parameters, bytes, types };
}

/** Paths of the files themselves, links resolved, each once. */
export function weightFiles(sets: readonly WeightSet[]): readonly string[] {
  const files = sets.flatMap(({ tensors }) => [...tensors.values()].map(({ file }) => file));
  return [...new Set(files.map(({ directory, fileName }) => join(directory, fileName)))];
}

async function sizeOfFiles(sets: readonly WeightSet[]): Promise<number> {
  const stats = await Promise.all(weightFiles(sets).map((path) => stat(path)));
  return stats.reduce((total, { size }) => total + size, 0);
}

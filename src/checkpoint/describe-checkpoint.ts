/** @file What an opened checkpoint is, in figures: architecture, parameters, types, sizes. Reads no weight. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "./checkpoint.js";
import type { WeightSet } from "./weights/weights.js";

const PARAMETER_TYPES: readonly string[] = ["F64", "F32", "F16", "BF16"];
/** Resident bytes per byte of weights, measured after a step of the full-size model on the CPU: 1.05 to 1.10. */
const RESIDENT_FACTOR = 1.1;

const NETWORKS = { textEncoder: "text encoder", unet: "UNet", vae: "VAE" } as const;
export type NetworkKey = keyof typeof NETWORKS;

export interface NetworkFigures {
  readonly name: (typeof NETWORKS)[NetworkKey];
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
  readonly textEncoderLayers: number;
  readonly predictionType: NonNullable<Checkpoint["scheduler"]["predictionType"]>;
  readonly scheduler: string;
  /** Pixels of the image that the model was trained for. */
  readonly nativeSize: { readonly width: number; readonly height: number };
  readonly networks: Readonly<Record<NetworkKey, NetworkFigures>>;
  readonly parameters: number;
  readonly memoryBytes: { readonly cpuFloat32: number; readonly gpuFloat16: number };
}

export function describeCheckpoint(checkpoint: Checkpoint): CheckpointFigures {
  const { directory, source, identity, warnings, textEncoder, unet, vae, scheduler } = checkpoint;
  const networks = {
    textEncoder: figuresOf(NETWORKS.textEncoder, textEncoder.weights),
    unet: figuresOf(NETWORKS.unet, unet.weights),
    vae: figuresOf(NETWORKS.vae, vae.weights),
  };
  const parameters = Object.values(networks).reduce((total, network) => total + network.parameters, 0);
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
    textEncoderLayers: numHiddenLayers,
    // a file without the key means epsilon, the default of every scheduler's constructor
    predictionType: scheduler.predictionType ?? "epsilon",
    scheduler: scheduler.className,
    nativeSize: { width: pixels, height: pixels },
    networks,
    parameters,
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

/** Paths of the weights files themselves, links resolved, each once. */
export function weightFiles({ textEncoder, unet, vae }: Checkpoint): readonly string[] {
  const sets = [textEncoder.weights, unet.weights, vae.weights];
  const files = sets.flatMap(({ tensors }) => [...tensors.values()].map(({ file }) => file));
  return [...new Set(files.map(({ directory, fileName }) => join(directory, fileName)))];
}

/** Of every weights file that is used, each counted once. `checkpoint` is open, so its files are there. */
export async function bytesOnDisk(checkpoint: Checkpoint): Promise<number> {
  const stats = await Promise.all(weightFiles(checkpoint).map((path) => stat(path)));
  return stats.reduce((total, { size }) => total + size, 0);
}

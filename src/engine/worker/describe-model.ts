/** @file A checkpoint in a few words and numbers, from its configs, its headers and a few bytes. Knows no network and no path. */
import { basename, resolve } from "node:path";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { modelHash } from "../../checkpoint/model-hash.js";
import type { ModelInfo } from "../protocol.js";

/** Element types that hold weights; the others hold indices and buffers. */
const WEIGHT_DTYPES: ReadonlySet<string> = new Set(["F64", "F32", "F16", "BF16"]);

type Weights = Checkpoint["unet"]["weights"];

function weightTensors({ tensors }: Weights) {
  return [...tensors.values()].filter(({ dtype }) => WEIGHT_DTYPES.has(dtype));
}

function parameterCount(weights: Weights): number {
  const sizes = weightTensors(weights).map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Throws INVALID_CHECKPOINT when a file of weights has changed since its header was read. */
export async function describeModel(
  { directory, textEncoder, unet, vae, scheduler }: Checkpoint,
  computedBy: Pick<ModelInfo, "precision" | "executionProvider">,
): Promise<ModelInfo> {
  const { inChannels, blockOutChannels, crossAttentionDim, sampleSize } = unet.config;
  const all = [textEncoder, unet, vae].flatMap(({ weights }) => weightTensors(weights));
  const pixels = sampleSize * vae.config.scaleFactor;
  return {
    name: basename(resolve(directory)),
    hash: await modelHash([textEncoder.weights, unet.weights, vae.weights]),
    architecture:
      `UNet of ${inChannels} channels in, blocks of ${blockOutChannels.join(", ")}; ` +
      `text states of ${crossAttentionDim}`,
    unetChannels: inChannels,
    textEncoderLayers: textEncoder.config.numHiddenLayers,
    predictionType: scheduler.predictionType ?? "epsilon", // every class's default
    scheduler: scheduler.className,
    weightsDtype: [...new Set(all.map(({ dtype }) => dtype))].sort().join(", "),
    ...computedBy,
    height: pixels,
    width: pixels,
    parameterCounts: {
      textEncoder: parameterCount(textEncoder.weights),
      unet: parameterCount(unet.weights),
      vae: parameterCount(vae.weights),
    },
  };
}

/** @file A checkpoint in a few words and numbers, from its configs, its headers and a few bytes. Knows no network and no path. */
import { basename, resolve } from "node:path";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
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

/** The last part of the path; of a hub cache's snapshot the repository's name. */
function nameOf(path: string): string {
  const [, owner, name] =
    /models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\][^/\\]+$/.exec(resolve(path)) ?? [];
  return owner !== undefined && name !== undefined ? `${owner}/${name}` : basename(resolve(path));
}

export function describeModel(
  { source, identity, textEncoder, unet, vae, scheduler }: Checkpoint,
  computedBy: Pick<ModelInfo, "precision" | "executionProvider">,
): ModelInfo {
  const { inChannels, blockOutChannels, crossAttentionDim, sampleSize } = unet.config;
  const all = [textEncoder, unet, vae].flatMap(({ weights }) => weightTensors(weights));
  const pixels = sampleSize * vae.config.scaleFactor;
  return {
    name: nameOf(source.path),
    hash: identity,
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

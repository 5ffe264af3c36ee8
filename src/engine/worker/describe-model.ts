/** @file What `/info` tells of a checkpoint: its figures without any path of this machine, and its name. Computes none. */
import { basename, resolve } from "node:path";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { describeCheckpoint } from "../../checkpoint/describe-checkpoint.js";
import type { ModelInfo } from "../protocol.js";

/** The last part of the path; of a hub cache's snapshot the repository's name. */
function nameOf(path: string): string {
  const [, owner, name] =
    /models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\][^/\\]+$/.exec(resolve(path)) ?? [];
  return owner !== undefined && name !== undefined ? `${owner}/${name}` : basename(resolve(path));
}

export function describeModel(
  checkpoint: Checkpoint,
  computedBy: Pick<ModelInfo, "precision" | "executionProvider">,
): ModelInfo {
  const { networks, nativeSize, ...figures } = describeCheckpoint(checkpoint);
  const types = Object.values(networks).flatMap((network) => Object.keys(network.types));
  return {
    name: nameOf(figures.source.path),
    hash: figures.identity,
    architecture: figures.architecture,
    unetChannels: figures.unetChannels,
    textEncoderLayers: figures.textEncoderLayers,
    predictionType: figures.predictionType,
    scheduler: figures.scheduler,
    weightsDtype: [...new Set(types)].sort().join(", "),
    ...computedBy,
    ...nativeSize,
    parameterCounts: {
      textEncoder: networks.textEncoder.parameters,
      unet: networks.unet.parameters,
      vae: networks.vae.parameters,
    },
  };
}

/** @file The four graphs of a checkpoint, and the weights that they take as they are built. */
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import type { Graph } from "../onnx/graph.js";
import type { Precision } from "./network-builder.js";
import { buildTextEncoder } from "./text-encoder.js";
import { buildUnet } from "./unet.js";
import { buildVaeDecoder, buildVaeEncoder, OLD_VAE_NAMES } from "./vae.js";
import { CheckpointWeights } from "./weight-source.js";

export interface NetworkGraphs {
  readonly textEncoder: Graph;
  readonly unet: Graph;
  readonly vaeEncoder: Graph;
  readonly vaeDecoder: Graph;
}

export interface NetworkOptions {
  /** Absent: float32. */
  readonly precision?: Precision;
}

/** Throws INVALID_CHECKPOINT naming the tensors of the first component that are missing, misshapen or surplus. */
export function buildNetworks(
  checkpoint: Checkpoint,
  { precision = "float32" }: NetworkOptions = {},
): NetworkGraphs {
  const { graphs, weights } = buildUnchecked(checkpoint, precision);
  for (const component of weights) component.assertComplete();
  return graphs;
}

/** Graphs that may refer to tensors that are not there: `weights` know, of text encoder, UNet and VAE. */
export function buildUnchecked(
  { textEncoder, unet, vae }: Checkpoint,
  precision: Precision = "float32",
): { readonly graphs: NetworkGraphs; readonly weights: readonly CheckpointWeights[] } {
  const textWeights = new CheckpointWeights(textEncoder.weights);
  const unetWeights = new CheckpointWeights(unet.weights);
  const vaeWeights = new CheckpointWeights(vae.weights, OLD_VAE_NAMES);
  return {
    graphs: {
      textEncoder: buildTextEncoder(textEncoder.config, textWeights, precision),
      unet: buildUnet(unet.config, unetWeights, precision),
      vaeEncoder: buildVaeEncoder(vae.config, vaeWeights, precision),
      vaeDecoder: buildVaeDecoder(vae.config, vaeWeights, precision),
    },
    weights: [textWeights, unetWeights, vaeWeights],
  };
}

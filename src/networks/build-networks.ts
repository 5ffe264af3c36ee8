/** @file The four graphs of a checkpoint, checked against its weights. */
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

/** Throws INVALID_CHECKPOINT naming every tensor that is missing, misshapen or surplus in a component. */
export function buildNetworks(
  checkpoint: Checkpoint,
  { precision = "float32" }: NetworkOptions = {},
): NetworkGraphs {
  const textWeights = new CheckpointWeights(checkpoint.textEncoder.weights);
  const textEncoder = buildTextEncoder(checkpoint.textEncoder.config, textWeights, precision);
  textWeights.assertComplete();

  const unetWeights = new CheckpointWeights(checkpoint.unet.weights);
  const unet = buildUnet(checkpoint.unet.config, unetWeights, precision);
  unetWeights.assertComplete();

  const vaeWeights = new CheckpointWeights(checkpoint.vae.weights, OLD_VAE_NAMES);
  const vaeEncoder = buildVaeEncoder(checkpoint.vae.config, vaeWeights, precision);
  const vaeDecoder = buildVaeDecoder(checkpoint.vae.config, vaeWeights, precision);
  vaeWeights.assertComplete();
  return { textEncoder, unet, vaeEncoder, vaeDecoder };
}

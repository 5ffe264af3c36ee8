/** @file Every tensor of a checkpoint that does not fit its configs, of all components. Loads nothing. */
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { buildTextEncoder } from "./text-encoder.js";
import { buildUnet } from "./unet.js";
import { buildVaeDecoder, buildVaeEncoder, OLD_VAE_NAMES } from "./vae.js";
import { CheckpointWeights } from "./weight-source.js";

export interface WeightProblem {
  /** The weights file, or the index of its shards. */
  readonly path: string;
  /** Names the tensor. */
  readonly problem: string;
}

/** As `buildNetworks` sees them, but all of them, where that stops at the first component and at twenty. */
export function weightProblems({ textEncoder, unet, vae }: Checkpoint): readonly WeightProblem[] {
  const textWeights = new CheckpointWeights(textEncoder.weights);
  buildTextEncoder(textEncoder.config, textWeights);
  const unetWeights = new CheckpointWeights(unet.weights);
  buildUnet(unet.config, unetWeights);
  const vaeWeights = new CheckpointWeights(vae.weights, OLD_VAE_NAMES);
  buildVaeEncoder(vae.config, vaeWeights);
  buildVaeDecoder(vae.config, vaeWeights);
  const all = [
    [textEncoder.weights.path, textWeights],
    [unet.weights.path, unetWeights],
    [vae.weights.path, vaeWeights],
  ] as const;
  return all.flatMap(([path, weights]) => weights.problems().map((problem) => ({ path, problem })));
}

/**
 * @file Random weights from one seed, at scales that keep activations near unit variance and let every tensor be felt:
 * biases and attention scores are as large as in a trained network, or a wrong one would go unnoticed in a golden.
 */
import { TorchGenerator } from "../../../src/diffusion/random/torch-generator.js";
import type { TensorToWrite } from "../../support/safetensors-writer.js";
import type { WeightInventory } from "../../support/weight-inventory.js";

/** Standard deviation and mean of the tensors whose name matches; the first match counts. */
const SPREADS: readonly (readonly [name: RegExp, deviation: number, mean: number])[] = [
  [/\.q_proj\.bias$/, 1, 0],
  [/norm\w*\.weight$/, 0.1, 1],
  // What is added to a residual stream has to be as large as the stream.
  [/\.(conv2|conv_shortcut|conv|proj_out|to_out\.0)\.bias$/, 2, 0],
  [/^(encoder|decoder)\..*\.bias$/, 0.7, 0],
  [/^(down_blocks|mid_block|up_blocks)\..*\.bias$/, 0.9, 0],
  [/\.bias$/, 0.4, 0],
  [/_embedding\.weight$/, 0.5, 0],
];
/** Gain of the matrices whose name matches, over unit variance; the first match counts. */
const GAINS: readonly (readonly [name: RegExp, gain: number])[] = [
  // Attention has to single out some tokens,
  [/\.attn2\.(to_q|to_k)\.weight$/, 3],
  [/\.(q_proj|k_proj|to_q|to_k)\.weight$/, 2],
  // and what it finds to be heard beside the residual,
  [/\.(out_proj|to_out\.0)\.weight$/, 3],
  // as what a residual block of the UNet adds has to be, and what comes up from its coarse levels.
  [/^(down_blocks|mid_block|up_blocks)\..*\.(conv2|time_emb_proj)\.weight$/, 2.5],
  [/^up_blocks\..*\.upsamplers\.0\.conv\.weight$/, 3],
];

/** One float32 tensor for every name of `inventory`, drawn in alphabetical order. */
export function randomWeights(inventory: WeightInventory, seed: number): ReadonlyMap<string, TensorToWrite> {
  const generator = new TorchGenerator(seed);
  const names = [...inventory.shapes.keys()].sort();
  return new Map(
    names.map((name) => {
      const shape = inventory.shapes.get(name) ?? [];
      const values = generator.randn(shape.reduce((count, size) => count * size, 1));
      const { deviation, mean } = spread(name, shape);
      for (let i = 0; i < values.length; i++) values[i] = mean + deviation * (values[i] ?? 0);
      return [name, { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) }];
    }),
  );
}

function spread(name: string, shape: readonly number[]) {
  for (const [pattern, deviation, mean] of SPREADS) {
    if (pattern.test(name)) return { deviation, mean };
  }
  const fanIn = shape.slice(1).reduce((count, size) => count * size, 1);
  const [, gain] = GAINS.find(([pattern]) => pattern.test(name)) ?? [undefined, 1];
  return { deviation: gain / Math.sqrt(fanIn), mean: 0 };
}

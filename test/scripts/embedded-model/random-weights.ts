/** @file Random weights at scales that keep every activation near unit variance, from one seed. */
import { TorchGenerator } from "../../../src/diffusion/random/torch-generator.js";
import type { TensorToWrite } from "../../support/safetensors-writer.js";
import type { WeightInventory } from "../../support/weight-inventory.js";

const NORM_SPREAD = 0.1;
const BIAS_SPREAD = 0.2;
const EMBEDDING_SPREAD = 0.5;

/** One float32 tensor for every name of `inventory`, drawn in alphabetical order. */
export function randomWeights(inventory: WeightInventory, seed: number): ReadonlyMap<string, TensorToWrite> {
  const generator = new TorchGenerator(seed);
  const names = [...inventory.shapes.keys()].sort();
  return new Map(
    names.map((name) => {
      const shape = inventory.shapes.get(name) ?? [];
      const values = generator.randn(shape.reduce((count, size) => count * size, 1));
      const [scale, offset] = spread(name, shape);
      for (let i = 0; i < values.length; i++) values[i] = offset + scale * (values[i] ?? 0);
      return [name, { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) }];
    }),
  );
}

function spread(name: string, shape: readonly number[]): readonly [scale: number, offset: number] {
  if (name.endsWith(".bias")) return [BIAS_SPREAD, 0];
  if (shape.length === 1) return [NORM_SPREAD, 1];
  if (name.includes("_embedding.weight")) return [EMBEDDING_SPREAD, 0];
  const fanIn = shape.slice(1).reduce((count, size) => count * size, 1);
  return [1 / Math.sqrt(fanIn), 0];
}

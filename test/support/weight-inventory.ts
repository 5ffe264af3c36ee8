/** @file A source of weights that holds none: it lists what a network asks for. */

import type { WeightSource } from "../../src/networks/weight-source.js";
import type { ExternalTensor } from "../../src/onnx/graph.js";

export class WeightInventory implements WeightSource {
  readonly shapes = new Map<string, readonly number[]>();

  has(name: string): boolean {
    return this.shapes.has(name);
  }

  take(name: string, shape: readonly number[], as = shape): ExternalTensor {
    this.shapes.set(name, shape);
    return { name, type: "float32", shape: as, location: "", offset: 0, length: 0 };
  }
}

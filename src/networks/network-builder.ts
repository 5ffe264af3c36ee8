/** @file A graph under construction together with the weights it draws on. */
import type { Value } from "../onnx/graph.js";
import { GraphBuilder } from "../onnx/graph-builder.js";
import { cast } from "../onnx/operators.js";
import type { WeightSource } from "./weight-source.js";

export class NetworkBuilder extends GraphBuilder {
  readonly #weights: WeightSource;

  constructor(name: string, weights: WeightSource) {
    super(name);
    this.#weights = weights;
  }

  hasParameter(name: string): boolean {
    return this.#weights.has(name);
  }

  /** The weight `name` in float32. Stored half-precision weights are widened inside the graph. */
  parameter(name: string, shape: readonly number[], as = shape): Value {
    const stored = this.weight(this.#weights.take(name, shape, as));
    return stored.type === "float32" ? stored : cast(this, stored, "float32");
  }
}

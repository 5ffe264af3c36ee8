/** @file A graph under construction together with the weights it draws on and the type it computes in. */
import type { Value } from "../onnx/graph.js";
import { GraphBuilder } from "../onnx/graph-builder.js";
import { cast } from "../onnx/operators.js";
import type { WeightSource } from "./weight-source.js";

/**
 * The type that products are computed in. Graph inputs and outputs are float32 in either; what overflows or loses too
 * much in float16 (norms, sinusoids, scores of attention where the config says so) is float32 in either.
 */
export type Precision = "float32" | "float16";

export class NetworkBuilder extends GraphBuilder {
  readonly precision: Precision;
  readonly #weights: WeightSource;
  readonly #parameters = new Map<string, Value>();

  constructor(name: string, weights: WeightSource, precision: Precision) {
    super(name);
    this.#weights = weights;
    this.precision = precision;
  }

  hasParameter(name: string): boolean {
    return this.#weights.has(name);
  }

  /** The weight `name` in `type`. Weights stored in another type are cast inside the graph. */
  parameter(
    name: string,
    shape: readonly number[],
    {
      as = shape,
      type = this.precision,
    }: { readonly as?: readonly number[]; readonly type?: Precision } = {},
  ): Value {
    const key = `${name}:${as.join("x")}:${type}`;
    let value = this.#parameters.get(key);
    if (value === undefined) {
      const stored = this.weight(this.#weights.take(name, shape, as === shape ? undefined : as));
      value = stored.type === type ? stored : cast(this, stored, type);
      this.#parameters.set(key, value);
    }
    return value;
  }

  /** A value of the graph's precision as float32. */
  widen(x: Value): Value {
    return this.precision === "float32" ? x : cast(this, x, "float32");
  }

  /** A float32 value in the graph's precision. */
  narrow(x: Value): Value {
    return this.precision === "float32" ? x : cast(this, x, this.precision);
  }
}

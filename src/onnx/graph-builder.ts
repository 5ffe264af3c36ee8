/**
 * @file Collects nodes in the order in which they are computed and gives every value its name.
 * Knows naming and constants; what an operator means is `operators.ts`, what a network is stands in `networks/`.
 */
import type {
  Attribute,
  Dimension,
  ElementType,
  ExternalTensor,
  Graph,
  InlineTensor,
  Node,
  Value,
  ValueInfo,
} from "./graph.js";

export interface NodeOptions {
  readonly domain?: Node["domain"];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, InlineTensor>();
  readonly #weights = new Map<string, ExternalTensor>();

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    const info = Object.freeze({ name, type, shape });
    this.#inputs.push(info);
    return info;
  }

  /** Make `value` a graph output called `name`. */
  output(name: string, value: Value, type: ElementType, shape: readonly Dimension[]): void {
    this.#nodes.push(freezeNode("Identity", [value], [name], {}));
    this.#outputs.push(Object.freeze({ name, type, shape }));
  }

  /** Append a node with one output. An input of `undefined` is an optional one left out. */
  node(op: string, inputs: readonly (Value | undefined)[], options: NodeOptions = {}): Value {
    const name = `${op}_${this.#nodes.length}`;
    this.#nodes.push(freezeNode(op, inputs, [name], options));
    return { name };
  }

  /** Append a node with `count` outputs. */
  multiNode(
    op: string,
    inputs: readonly Value[],
    count: number,
    options: NodeOptions = {},
  ): readonly Value[] {
    const names = Array.from({ length: count }, (_, i) => `${op}_${this.#nodes.length}_${i}`);
    this.#nodes.push(freezeNode(op, inputs, names, options));
    return names.map((name) => ({ name }));
  }

  /** A reference into a weights file. The same name twice is the same tensor. */
  weight(tensor: ExternalTensor): ExternalTensor {
    if (!this.#weights.has(tensor.name)) this.#weights.set(tensor.name, Object.freeze(tensor));
    return tensor;
  }

  /** An int64 vector, the type of shapes and axes. Equal vectors are stored once. */
  int64s(values: readonly number[]): Value {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(`int64s_${values.join("_")}`, "int64", [values.length], bytes);
  }

  /** A float32 constant; `label` must tell constants of different content apart. */
  floats(label: string, shape: readonly number[], values: Float32Array): Value {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.#constant(`floats_${label}`, "float32", shape, bytes);
  }

  build(): Graph {
    return Object.freeze({
      name: this.#name,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      nodes: [...this.#nodes],
      constants: [...this.#constants.values()],
      weights: [...this.#weights.values()],
    });
  }

  #constant(name: string, type: ElementType, shape: readonly number[], bytes: Uint8Array): Value {
    if (!this.#constants.has(name)) this.#constants.set(name, Object.freeze({ name, type, shape, bytes }));
    return { name };
  }
}

function freezeNode(
  op: string,
  inputs: readonly (Value | undefined)[],
  outputs: readonly string[],
  options: NodeOptions,
): Node {
  return Object.freeze({
    op,
    domain: options.domain ?? "",
    inputs: inputs.map((value) => value?.name ?? ""),
    outputs,
    attributes: options.attributes ?? {},
  });
}

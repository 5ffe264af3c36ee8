/**
 * @file Which convolutions ONNX Runtime may copy into the blocked layout (NCHWc) that the processor likes best. Knows
 * graphs and sizes; knows no session.
 */
import type { Graph } from "../onnx/graph.js";

export interface KernelLayout {
  readonly graph: Graph;
  /** `all` is `extended` and the blocked layout, for every convolution whose kernel is a constant. */
  readonly optimization: "extended" | "all";
}

/**
 * The graph in which kernels larger than `maxBytes` keep the layout of their file: such a kernel is named as a graph
 * input too, with the file as its default, and so is no constant. One that is cast first must stay constant, else it
 * would be cast in every run: if such a kernel is too large, none is copied.
 */
export function layOutKernels(graph: Graph, maxBytes: number): KernelLayout {
  const kernels = new Set(graph.nodes.filter(({ op }) => op === "Conv").map(({ inputs }) => inputs[1]));
  const large = new Map(
    graph.weights.filter(({ length }) => length > maxBytes).map((weight) => [weight.name, weight]),
  );
  const castKernels = graph.nodes.filter(
    ({ op, outputs: [output], inputs: [input = ""] }) =>
      op === "Cast" && kernels.has(output) && large.has(input),
  );
  if (castKernels.length > 0) return { graph, optimization: "extended" };
  const inputs = [...large.values()]
    .filter(({ name }) => kernels.has(name))
    .map(({ name, type, shape }) => ({ name, type, shape }));
  return { graph: { ...graph, inputs: [...graph.inputs, ...inputs] }, optimization: "all" };
}

/**
 * @file Makes the CPU provider round as a provider with float16 units does. It has no float16 products: it computes in
 * float32, and drops a cast down that is followed by a cast up. A detour of two reshapings after each node keeps the
 * rounding, since those it does make in float16: every value is then held in the type that the graph says.
 */
import type { Graph, Node } from "../../src/onnx/graph.js";

const AXIS = "float16_storage_axis";

export function storedAsTyped(graph: Graph): Graph {
  const reshaping = (op: "Unsqueeze" | "Squeeze", input: string, output: string): Node => ({
    op,
    domain: "",
    inputs: [input, AXIS],
    outputs: [output],
    attributes: {},
  });
  const nodes = graph.nodes.flatMap((node): Node[] => [
    { ...node, outputs: node.outputs.map((name) => `${name}_raw`) },
    ...node.outputs.flatMap((name) => [
      reshaping("Unsqueeze", `${name}_raw`, `${name}_detour`),
      reshaping("Squeeze", `${name}_detour`, name),
    ]),
  ]);
  const bytes = new Uint8Array(BigInt64Array.of(0n).buffer);
  const axis = { name: AXIS, type: "int64", shape: [1], bytes } as const;
  return { ...graph, nodes, constants: [...graph.constants, axis] };
}

/** @file Which kernels keep the layout of their file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../../src/onnx/graph-builder.js";
import { cast, conv, gemm, reshape } from "../../src/onnx/operators.js";
import { layOutKernels } from "../../src/runtime/kernel-layout.js";

const weight = (name: string, shape: readonly number[], type: "float32" | "float16" = "float32") => ({
  name,
  type,
  shape,
  location: "model.safetensors",
  offset: 0,
  length: (type === "float32" ? 4 : 2) * shape.reduce((product, size) => product * size, 1),
});

function network(type: "float32" | "float16" = "float32") {
  const g = new GraphBuilder("layout");
  const x = g.input("x", "float32", [1, 4, 8, 8]);
  const options = { kernel: 1, stride: 1, pads: [0, 0, 0, 0] } as const;
  const bias = g.floats("bias", [4], new Float32Array(4));
  const kernel = (name: string, shape: readonly number[]) => {
    const stored = g.weight(weight(name, shape, type));
    return type === "float32" ? stored : cast(g, stored, "float32");
  };
  const small = conv(g, x, kernel("small", [4, 4, 1, 1]), bias, options);
  const large = conv(g, small, kernel("large", [8, 4, 1, 1]), g.weight(weight("large.bias", [8])), options);
  const rows = reshape(g, large, g.int64s([-1, 8]));
  g.output("y", gemm(g, rows, g.weight(weight("matrix", [64, 8])), undefined), "float32", [64, 64]);
  return g.build();
}

test("a kernel above the limit may be overridden, so it is no constant; smaller ones and matrices are constants", () => {
  const original = network();
  const { graph, optimization } = layOutKernels(original, 4 * 16);
  assert.deepEqual(
    graph.inputs.map(({ name }) => name),
    ["x", "large"],
  );
  assert.deepEqual(graph.weights, original.weights);
  assert.equal(optimization, "all");
});

test("a graph without such a kernel stays as it is", () => {
  const original = network();
  assert.deepEqual(layOutKernels(original, 4 * 32), { graph: original, optimization: "all" });
});

test("a large kernel that is cast stays constant, and none is copied", () => {
  const original = network("float16");
  assert.deepEqual(layOutKernels(original, 2 * 16), { graph: original, optimization: "extended" });
  assert.deepEqual(layOutKernels(original, 2 * 32), { graph: original, optimization: "all" });
});

/** @file What a graph says stands in the model's bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../../src/onnx/graph-builder.js";
import { ModelProto } from "../../src/onnx/model-proto.js";
import { gelu, resizeNearest, transpose } from "../../src/onnx/operators.js";
import { writeModel } from "../../src/onnx/write-model.js";

const reference = {
  name: "fc.weight",
  type: "float16",
  shape: [3, 2],
  location: "weights.safetensors",
  offset: 5_000_000_000,
  length: 12,
} as const;

/** The decoded model of a graph. */
function decode(build: (g: GraphBuilder) => void): Record<string, unknown> {
  const g = new GraphBuilder("small");
  build(g);
  return ModelProto.toObject(ModelProto.decode(writeModel(g.build())), { longs: Number, bytes: Array });
}

const model = (graph: object) => ({
  irVersion: 8,
  producerName: "inpaint-server",
  opsetImport: [{ version: 17 }, { domain: "com.microsoft", version: 1 }],
  graph: { name: "small", ...graph },
});

/** One int64 as raw little-endian bytes. */
const int64 = (value: number) => [value, 0, 0, 0, 0, 0, 0, 0];

test("a weight is a reference into a file, past 4 GB too", () => {
  const initializer = {
    dims: [3, 2],
    dataType: 10,
    name: "fc.weight",
    dataLocation: 1,
    externalData: [
      { key: "location", value: "weights.safetensors" },
      { key: "offset", value: "5000000000" },
      { key: "length", value: "12" },
    ],
  };
  assert.deepEqual(
    decode((g) => g.weight(reference)),
    model({ initializer: [initializer] }),
  );
});

test("axes, attributes, left-out inputs and domains keep their places", () => {
  const tensorType = (...dim: readonly object[]) => ({ tensorType: { elemType: 1, shape: { dim } } });
  const attribute = (name: string, value: string) => ({ name, s: [...Buffer.from(value)], type: 3 });
  const decoded = decode((g) => {
    const x = g.input("x", "float32", ["B", 2]);
    const y = gelu(g, transpose(g, x, 1, 0));
    g.output("y", resizeNearest(g, y, g.int64s([1, 6])), "float32", [2, "B"]);
  });
  const expected = model({
    input: [{ name: "x", type: tensorType({ dimParam: "B" }, { dimValue: 2 }) }],
    output: [{ name: "y", type: tensorType({ dimValue: 2 }, { dimParam: "B" }) }],
    initializer: [{ dims: [2], dataType: 7, name: "int64s_1_6", rawData: [...int64(1), ...int64(6)] }],
    node: [
      {
        input: ["x"],
        output: ["Transpose_0"],
        name: "Transpose_0",
        opType: "Transpose",
        attribute: [{ name: "perm", ints: [1, 0], type: 7 }],
      },
      {
        input: ["Transpose_0"],
        output: ["Gelu_1"],
        name: "Gelu_1",
        opType: "Gelu",
        domain: "com.microsoft",
      },
      {
        input: ["Gelu_1", "", "", "int64s_1_6"],
        output: ["Resize_2"],
        name: "Resize_2",
        opType: "Resize",
        attribute: [
          attribute("mode", "nearest"),
          attribute("nearest_mode", "floor"),
          attribute("coordinate_transformation_mode", "asymmetric"),
        ],
      },
      { input: ["Resize_2"], output: ["y"], name: "Identity_3", opType: "Identity" },
    ],
  });
  assert.deepEqual(decoded, expected);
});

test("equal constants are stored once", () => {
  const g = new GraphBuilder("small");
  const [first, again, other] = [g.int64s([0, -1]), g.int64s([0, -1]), g.int64s([0])];
  assert.deepEqual(again, first);
  assert.notDeepEqual(other, first);
  assert.equal(g.build().constants.length, 2);
});

/**
 * @file Attention in float16 graphs where q·k is beyond float16's largest number, 65504, as in Stable Diffusion 2.
 * One query looks at four keys: two equal ones that it fits, two that it does not. The answer is the mean of two values.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { scaledAttention } from "../../src/networks/attention.js";
import { NetworkBuilder } from "../../src/networks/network-builder.js";
import type { Graph, Node, Value } from "../../src/onnx/graph.js";
import { multiHeadAttention } from "../../src/onnx/operators.js";
import { GraphSession } from "../../src/runtime/graph-session.js";
import { storedAsTyped } from "../support/float16-storage.js";
import { WeightInventory } from "../support/weight-inventory.js";

const CHANNELS = 64;
const KEYS = 4;
const SHAPES = { q: [1, 1, CHANNELS], k: [1, KEYS, CHANNELS], v: [1, KEYS, CHANNELS] } as const;

type Attention = (n: NetworkBuilder, q: Value, k: Value, v: Value) => Value;

const ours =
  (upcast: boolean): Attention =>
  (n, q, k, v) =>
    scaledAttention(n, q, k, v, { channels: CHANNELS, heads: 1, upcast });

/** As a float16 export has it: the product is scaled, not the query. */
const naive: Attention = (n, q, k, v) => multiHeadAttention(n, q, k, v, { heads: 1 });

/** What a provider without a fused kernel makes of the one attention node of `graph`, a single head. */
function unfused(graph: Graph): Graph {
  const plain = (op: string, inputs: readonly string[], output: string, attributes = {}): Node => ({
    op,
    domain: "",
    inputs,
    outputs: [output],
    attributes,
  });
  let typeOfScale = "";
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (node.op !== "MultiHeadAttention") return [node];
    const [q = "", k = "", v = ""] = node.inputs;
    const { scale } = node.attributes;
    typeOfScale = `scale_${scale?.kind === "float" ? scale.value : CHANNELS ** -0.5}`;
    return [
      plain("Transpose", [k], "k_transposed", { perm: { kind: "ints", value: [0, 2, 1] } }),
      plain("MatMul", [q, "k_transposed"], "products"),
      plain("CastLike", [typeOfScale, q], "scale_cast"),
      plain("Mul", ["products", "scale_cast"], "scores"),
      plain("Softmax", ["scores"], "weights"),
      plain("MatMul", ["weights", v], node.outputs[0] ?? ""),
    ];
  });
  assert.notEqual(typeOfScale, "", "the graph has an attention node");
  const value = Float32Array.of(Number(typeOfScale.slice("scale_".length)));
  const scale = {
    name: typeOfScale,
    type: "float32",
    shape: [1],
    bytes: new Uint8Array(value.buffer),
  } as const;
  return { ...graph, nodes, constants: [...graph.constants, scale] };
}

/** What `attention` answers where every entry of the query is `query`, and of the keys that fit `key`. */
async function answer(t: TestContext, attention: Attention, query: number, key: number) {
  const n = new NetworkBuilder("attention", new WeightInventory(), "float16");
  const input = (name: keyof typeof SHAPES) => n.narrow(n.input(name, "float32", SHAPES[name]));
  const [q, k, v] = [input("q"), input("k"), input("v")];
  n.output("y", n.widen(attention(n, q, k, v)), "float32", SHAPES.q);
  const graph = storedAsTyped(unfused(n.build()));
  const session = await GraphSession.open(graph, { weightsDirectory: ".", threads: 1 });
  t.after(() => session.release());
  const perKey = (...values: readonly number[]) =>
    Float32Array.from(values.flatMap((value) => Array<number>(CHANNELS).fill(value)));
  const { data } = await session.run({
    q: { shape: SHAPES.q, data: new Float32Array(CHANNELS).fill(query) },
    k: { shape: SHAPES.k, data: perKey(key, -key, key, 0) },
    v: { shape: SHAPES.v, data: perKey(3, 100, 5, 200) },
  });
  return [...new Set(data)];
}

test("scores that overflow before they are scaled: 64 · 64 · 40 = 163840", async (t) => {
  assert.deepEqual(await answer(t, naive, 64, 40), [Number.NaN], "float16 is too small for the naive form");
  assert.deepEqual(await answer(t, naive, 8, 4), [4], "which answers right where nothing overflows");
  assert.deepEqual(await answer(t, ours(false), 64, 40), [4]);
  assert.deepEqual(await answer(t, ours(true), 64, 40), [4]);
});

test("scores that overflow after they are scaled: upcast attention is float32", async (t) => {
  assert.deepEqual(await answer(t, ours(false), 400, 400), [Number.NaN]);
  assert.deepEqual(await answer(t, ours(true), 400, 400), [4]);
});

/**
 * @file A miniature of what the networks compute: each of their operators once, in their precision, all shapes fixed and
 * weights inside. Knows operators only; whether a provider can run it is found out elsewhere.
 */
import { scaledAttention } from "../networks/attention.js";
import { NetworkBuilder, type Precision } from "../networks/network-builder.js";
import type { WeightSource } from "../networks/weight-source.js";
import type { Graph, Value } from "../onnx/graph.js";
import {
  add,
  concat,
  conv,
  gelu,
  gemm,
  instanceNormalization,
  layerNormalization,
  mul,
  reshape,
  resizeNearest,
  sigmoid,
  split,
  transpose,
} from "../onnx/operators.js";

const CHANNELS = 16;
const SIZE = 4;
const GROUPS = 4;
const ROWS = SIZE * SIZE;
const HEADS = 2;

export const PROBE_SHAPE = [1, CHANNELS, SIZE, SIZE] as const;

const NO_WEIGHTS: WeightSource = {
  has: () => false,
  take: (name) => {
    throw new Error(`the probe asked for the weight ${name}: this is a bug`);
  },
};

/** `x` → `y`, both `PROBE_SHAPE` float32. */
export function probeGraph(precision: Precision): Graph {
  const n = new NetworkBuilder("probe", NO_WEIGHTS, precision);
  const input = n.input("x", "float32", PROBE_SHAPE);
  const ones = wave(n, "ones", [CHANNELS], () => 1);
  const zeros = wave(n, "zeros", [CHANNELS], () => 0);

  const kernel = n.narrow(wave(n, "kernel", [CHANNELS, CHANNELS, 3, 3]));
  let x = conv(n, n.narrow(input), kernel, n.narrow(zeros), { kernel: 3, stride: 2, pads: [1, 1, 1, 1] });
  x = resizeNearest(n, x, n.int64s(PROBE_SHAPE));
  const grouped = reshape(n, n.widen(x), n.int64s([1, GROUPS, -1]));
  const [scale, shift] = [ones, zeros].map((values) => reshape(n, values, n.int64s([1, CHANNELS, 1, 1])));
  const perGroup = [wave(n, "group_ones", [GROUPS], () => 1), wave(n, "group_zeros", [GROUPS], () => 0)];
  if (scale === undefined || shift === undefined) throw new Error("two in, two out: this is a bug");
  const [groupScale = ones, groupShift = zeros] = perGroup;
  const normalised = instanceNormalization(n, grouped, groupScale, groupShift, 1e-5);
  x = n.narrow(add(n, mul(n, reshape(n, normalised, n.int64s(PROBE_SHAPE)), scale), shift));
  x = mul(n, x, sigmoid(n, x));

  let rows = reshape(n, transpose(n, x, 0, 2, 3, 1), n.int64s([ROWS, CHANNELS]));
  rows = n.narrow(layerNormalization(n, n.widen(rows), ones, zeros, 1e-5));
  const project = (name: string) => {
    const product = gemm(n, rows, n.narrow(wave(n, name, [CHANNELS, CHANNELS])), n.narrow(zeros));
    return reshape(n, product, n.int64s([1, ROWS, CHANNELS]));
  };
  const [query, key, value] = [project("query"), project("key"), project("value")];
  for (const upcast of [false, true]) {
    const mixed = scaledAttention(n, query, key, value, { channels: CHANNELS, heads: HEADS, upcast });
    rows = add(n, rows, reshape(n, mixed, n.int64s([ROWS, CHANNELS])));
  }
  const wide = gemm(n, rows, n.narrow(wave(n, "wide", [2 * CHANNELS, CHANNELS])), undefined);
  const [half, gate] = split(n, wide, 1, CHANNELS);
  rows = mul(n, half, gelu(n, gate));
  const image = transpose(n, reshape(n, rows, n.int64s([1, SIZE, SIZE, CHANNELS])), 0, 3, 1, 2);
  const [joined] = split(n, concat(n, [image, x], 1), 1, CHANNELS);
  n.output("y", n.widen(joined), "float32", PROBE_SHAPE);
  return n.build();
}

/** A float32 constant; by default a wave, whose rows all differ. */
function wave(
  n: NetworkBuilder,
  name: string,
  shape: readonly number[],
  at: (index: number) => number = (index) => Math.sin(index * 1.3) / 3,
): Value {
  const count = shape.reduce((product, size) => product * size, 1);
  return n.floats(
    name,
    shape,
    Float32Array.from({ length: count }, (_, i) => at(i)),
  );
}

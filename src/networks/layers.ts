/**
 * @file The layers that every network here is made of, each named and parametrised like its PyTorch module.
 * Feature maps are `[B, C, H, W]`; sequences travel as rows, `[B · S, C]`.
 */
import type { Value } from "../onnx/graph.js";
import {
  add,
  conv,
  gemm,
  instanceNormalization,
  layerNormalization,
  mul,
  reshape,
  shape,
  sigmoid,
} from "../onnx/operators.js";
import type { NetworkBuilder } from "./network-builder.js";

/** torch.nn.Linear over rows `[N, inC]` → `[N, outC]`. */
export function linear(
  n: NetworkBuilder,
  name: string,
  x: Value,
  inC: number,
  outC: number,
  { bias = true }: { readonly bias?: boolean } = {},
): Value {
  const weight = n.parameter(`${name}.weight`, [outC, inC]);
  return gemm(n, x, weight, bias ? n.parameter(`${name}.bias`, [outC]) : undefined);
}

/** torch.nn.Conv2d, square kernel, "same" padding at stride 1 unless `pads` (top, left, bottom, right) says otherwise. */
export function conv2d(
  n: NetworkBuilder,
  name: string,
  x: Value,
  inC: number,
  outC: number,
  options: {
    readonly kernel?: 1 | 3;
    readonly stride?: 1 | 2;
    readonly pads?: readonly [number, number, number, number];
  } = {},
): Value {
  const { kernel = 3, stride = 1 } = options;
  const same = (kernel - 1) / 2;
  const { pads = [same, same, same, same] } = options;
  const weight = n.parameter(`${name}.weight`, [outC, inC, kernel, kernel]);
  return conv(n, x, weight, n.parameter(`${name}.bias`, [outC]), { kernel, stride, pads });
}

/**
 * torch.nn.GroupNorm: one instance normalisation over the groups as if they were channels, then the affine part.
 * (The CPU provider runs this form fastest.) In float32 whatever the precision: a group is up to a million values.
 */
export function groupNorm(
  n: NetworkBuilder,
  name: string,
  x: Value,
  channels: number,
  groups: number,
  epsilon: number,
): Value {
  const ones = n.floats(`ones_${groups}`, [groups], new Float32Array(groups).fill(1));
  const zeros = n.floats(`zeros_${groups}`, [groups], new Float32Array(groups));
  const grouped = reshape(n, n.widen(x), n.int64s([0, groups, -1]));
  const normalised = reshape(n, instanceNormalization(n, grouped, ones, zeros, epsilon), shape(n, x));
  const perChannel = { as: [1, channels, 1, 1], type: "float32" } as const;
  const scale = n.parameter(`${name}.weight`, [channels], perChannel);
  const shift = n.parameter(`${name}.bias`, [channels], perChannel);
  return n.narrow(add(n, mul(n, normalised, scale), shift));
}

/** torch.nn.LayerNorm over the last axis, in float32 whatever the precision. */
export function layerNorm(n: NetworkBuilder, name: string, x: Value, size: number, epsilon: number): Value {
  const weight = n.parameter(`${name}.weight`, [size], { type: "float32" });
  const bias = n.parameter(`${name}.bias`, [size], { type: "float32" });
  return n.narrow(layerNormalization(n, n.widen(x), weight, bias, epsilon));
}

/** torch.nn.SiLU, `x · sigmoid(x)`. */
export const silu = (n: NetworkBuilder, x: Value): Value => mul(n, x, sigmoid(n, x));

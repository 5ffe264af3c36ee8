/**
 * @file The operators our networks use, one function each, named like the ONNX operator they emit.
 * Reference: ONNX operator set 17 and ONNX Runtime's contributed operators (com.microsoft, version 1).
 */
import { type Attribute, ELEMENT_TYPES, type ElementType, type Value } from "./graph.js";
import type { GraphBuilder } from "./graph-builder.js";

const int = (value: number): Attribute => ({ kind: "int", value });
const ints = (...value: readonly number[]): Attribute => ({ kind: "ints", value });
const float = (value: number): Attribute => ({ kind: "float", value });
const text = (value: string): Attribute => ({ kind: "string", value });

export const add = (g: GraphBuilder, a: Value, b: Value): Value => g.node("Add", [a, b]);
export const mul = (g: GraphBuilder, a: Value, b: Value): Value => g.node("Mul", [a, b]);
export const sigmoid = (g: GraphBuilder, x: Value): Value => g.node("Sigmoid", [x]);
export const sin = (g: GraphBuilder, x: Value): Value => g.node("Sin", [x]);
export const cos = (g: GraphBuilder, x: Value): Value => g.node("Cos", [x]);
export const shape = (g: GraphBuilder, x: Value): Value => g.node("Shape", [x]);

/** The lengths of the axes `start` … `end − 1` of `x`, as an int64 vector. */
export const shapeSlice = (g: GraphBuilder, x: Value, start: number, end: number): Value =>
  g.node("Shape", [x], { attributes: { start: int(start), end: int(end) } });

export const reshape = (g: GraphBuilder, x: Value, target: Value): Value => g.node("Reshape", [x, target]);

export const unsqueeze = (g: GraphBuilder, x: Value, axis: number): Value =>
  g.node("Unsqueeze", [x, g.int64s([axis])]);

export const concat = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  g.node("Concat", values, { attributes: { axis: int(axis) } });

/** Two equal halves along `axis`. */
export function split(g: GraphBuilder, x: Value, axis: number, size: number): readonly [Value, Value] {
  const [first, second] = g.multiNode("Split", [x, g.int64s([size, size])], 2, {
    attributes: { axis: int(axis) },
  });
  if (first === undefined || second === undefined) throw new Error("Split has two outputs. This is a bug.");
  return [first, second];
}

export const transpose = (g: GraphBuilder, x: Value, ...perm: readonly number[]): Value =>
  g.node("Transpose", [x], { attributes: { perm: ints(...perm) } });

/** Rows of `table` (axis 0) by index. */
export const gather = (g: GraphBuilder, table: Value, indices: Value): Value =>
  g.node("Gather", [table, indices], { attributes: { axis: int(0) } });

export const cast = (g: GraphBuilder, x: Value, to: ElementType): Value =>
  g.node("Cast", [x], { attributes: { to: int(ELEMENT_TYPES[to]) } });

/** `x · weightᵀ + bias`: `x` is `[rows, in]`, `weight` `[out, in]` as PyTorch's Linear stores it. */
export const gemm = (g: GraphBuilder, x: Value, weight: Value, bias: Value | undefined): Value =>
  g.node("Gemm", bias === undefined ? [x, weight] : [x, weight, bias], { attributes: { transB: int(1) } });

export interface ConvOptions {
  readonly kernel: number;
  readonly stride: number;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

export const conv = (g: GraphBuilder, x: Value, weight: Value, bias: Value, options: ConvOptions): Value =>
  g.node("Conv", [x, weight, bias], {
    attributes: {
      kernel_shape: ints(options.kernel, options.kernel),
      strides: ints(options.stride, options.stride),
      pads: ints(...options.pads),
    },
  });

export const instanceNormalization = (
  g: GraphBuilder,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): Value => g.node("InstanceNormalization", [x, scale, bias], { attributes: { epsilon: float(epsilon) } });

/** Over the last axis. */
export const layerNormalization = (
  g: GraphBuilder,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): Value =>
  g.node("LayerNormalization", [x, scale, bias], { attributes: { axis: int(-1), epsilon: float(epsilon) } });

/** Nearest neighbour to the size `sizes` (an int64 vector of all axes): source index `floor(i · in / out)`. */
export const resizeNearest = (g: GraphBuilder, x: Value, sizes: Value): Value =>
  g.node("Resize", [x, undefined, undefined, sizes], {
    attributes: {
      mode: text("nearest"),
      nearest_mode: text("floor"),
      coordinate_transformation_mode: text("asymmetric"),
    },
  });

/** The exact (erf) Gaussian error linear unit. */
export const gelu = (g: GraphBuilder, x: Value): Value => g.node("Gelu", [x], { domain: "com.microsoft" });

/** `x · sigmoid(1.702 · x)`. */
export const quickGelu = (g: GraphBuilder, x: Value): Value =>
  g.node("QuickGelu", [x], { domain: "com.microsoft", attributes: { alpha: float(1.702) } });

export interface AttentionOptions {
  readonly heads: number;
  /** What the scores are multiplied by; absent: 1 / √(C / heads). */
  readonly scale?: number;
  /** Broadcasts to `[B, heads, S, L]`. */
  readonly bias?: Value;
}

/**
 * Scaled dot-product attention, `softmax(scale · q·kᵀ + bias)·v`.
 * `query` is `[B, S, C]`, `key` and `value` `[B, L, C]`.
 */
export const multiHeadAttention = (
  g: GraphBuilder,
  query: Value,
  key: Value,
  value: Value,
  { heads, scale, bias }: AttentionOptions,
): Value =>
  g.node(
    "MultiHeadAttention",
    bias === undefined ? [query, key, value] : [query, key, value, undefined, undefined, bias],
    {
      domain: "com.microsoft",
      attributes: { num_heads: int(heads), ...(scale === undefined ? {} : { scale: float(scale) }) },
    },
  );

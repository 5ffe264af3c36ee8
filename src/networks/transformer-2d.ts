/**
 * @file The spatial transformer of the UNet.
 * Matches: diffusers `Transformer2DModel` with continuous input (models/transformers/transformer_2d.py),
 * `BasicTransformerBlock` and `Attention` (models/attention.py), layer norm, GEGLU feed-forward.
 */
import type { Value } from "../onnx/graph.js";
import { add, gelu, gemm, mul, reshape, split } from "../onnx/operators.js";
import { scaledAttention } from "./attention.js";
import { batchOf, fromRows, toRows, toSequence } from "./feature-rows.js";
import { groupNorm, layerNorm, linear } from "./layers.js";
import type { NetworkBuilder } from "./network-builder.js";

/** Transformer2DModel gives its group norm this epsilon, whatever the UNet's own is. */
const GROUP_NORM_EPSILON = 1e-6;
const LAYER_NORM_EPSILON = 1e-5;
const FEED_FORWARD_MULTIPLE = 4;

export interface TransformerOptions {
  readonly channels: number;
  readonly heads: number;
  readonly layers: number;
  readonly groups: number;
  /** SD 2 stores proj_in and proj_out as Linear, SD 1 as 1×1 convolutions: the same product. */
  readonly linearProjection: boolean;
  /** Attention in float32 in a float16 graph too: `upcast_attention`. */
  readonly upcast: boolean;
  /** The prompt's states as rows, `[B · 77, size]`. */
  readonly context: { readonly rows: Value; readonly size: number };
}

export function transformer2d(n: NetworkBuilder, name: string, x: Value, options: TransformerOptions): Value {
  const { channels, groups, layers } = options;
  const batch = batchOf(n, x);
  const normalised = groupNorm(n, `${name}.norm`, x, channels, groups, GROUP_NORM_EPSILON);
  const features = toRows(n, normalised, channels);
  let rows = projection(n, `${name}.proj_in`, features.rows, options);
  for (let layer = 0; layer < layers; layer++) {
    rows = transformerBlock(n, `${name}.transformer_blocks.${layer}`, rows, batch, options);
  }
  rows = projection(n, `${name}.proj_out`, rows, options);
  return add(n, fromRows(n, { ...features, rows }), x);
}

function projection(n: NetworkBuilder, name: string, rows: Value, options: TransformerOptions): Value {
  const { channels, linearProjection } = options;
  const stored = linearProjection ? [channels, channels] : [channels, channels, 1, 1];
  const weight = n.parameter(`${name}.weight`, stored, { as: [channels, channels] });
  return gemm(n, rows, weight, n.parameter(`${name}.bias`, [channels]));
}

function transformerBlock(
  n: NetworkBuilder,
  name: string,
  input: Value,
  batch: Value,
  options: TransformerOptions,
): Value {
  const { channels, context } = options;
  const own = (rows: Value) => ({ rows, size: channels });
  const attend = (index: 1 | 2, rows: Value) => {
    const query = layerNorm(n, `${name}.norm${index}`, rows, channels, LAYER_NORM_EPSILON);
    const source = index === 1 ? own(query) : context;
    return add(n, attention(n, `${name}.attn${index}`, own(query), source, batch, options), rows);
  };
  const rows = attend(2, attend(1, input));
  const normalised = layerNorm(n, `${name}.norm3`, rows, channels, LAYER_NORM_EPSILON);
  return add(n, feedForward(n, `${name}.ff`, normalised, channels), rows);
}

interface Rows {
  readonly rows: Value;
  readonly size: number;
}

function attention(
  n: NetworkBuilder,
  name: string,
  query: Rows,
  source: Rows,
  batch: Value,
  { heads, upcast }: TransformerOptions,
): Value {
  const channels = query.size;
  const project = (part: string, from: Rows) =>
    toSequence(
      n,
      linear(n, `${name}.${part}`, from.rows, from.size, channels, { bias: false }),
      batch,
      channels,
    );
  const mixed = scaledAttention(n, project("to_q", query), project("to_k", source), project("to_v", source), {
    channels,
    heads,
    upcast,
  });
  return linear(n, `${name}.to_out.0`, reshape(n, mixed, n.int64s([-1, channels])), channels, channels);
}

/** GEGLU: one projection gives value and gate, `value · gelu(gate)`. */
function feedForward(n: NetworkBuilder, name: string, rows: Value, channels: number): Value {
  const inner = FEED_FORWARD_MULTIPLE * channels;
  const [value, gate] = split(n, linear(n, `${name}.net.0.proj`, rows, channels, 2 * inner), 1, inner);
  return linear(n, `${name}.net.2`, mul(n, value, gelu(n, gate)), inner, channels);
}

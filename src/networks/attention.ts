/**
 * @file Scaled dot-product attention that cannot overflow in float16. Knows precisions; projections are its callers'.
 *
 * q·k of a trained Stable Diffusion 2 passes 65504, float16's largest number, before it is scaled. Where the config says
 * `upcast_attention` the whole product is float32, as in diffusers (`Attention.get_attention_scores`); elsewhere the
 * query is scaled first, so that only scores that the softmax would see as infinite overflow.
 */
import type { Value } from "../onnx/graph.js";
import { cast, mul, multiHeadAttention } from "../onnx/operators.js";
import type { NetworkBuilder } from "./network-builder.js";

export interface ScaledAttentionOptions {
  readonly channels: number;
  readonly heads: number;
  /** In float32 whatever the precision. */
  readonly upcast: boolean;
  /** float32, broadcasts to `[B, heads, S, L]`; only where `upcast`. */
  readonly bias?: Value;
}

/** `query` `[B, S, C]`, `key` and `value` `[B, L, C]` → `[B, S, C]`, all of the graph's precision. */
export function scaledAttention(
  n: NetworkBuilder,
  query: Value,
  key: Value,
  value: Value,
  { channels, heads, upcast, ...mask }: ScaledAttentionOptions,
): Value {
  if (n.precision === "float32" || upcast) {
    return n.narrow(multiHeadAttention(n, n.widen(query), n.widen(key), n.widen(value), { heads, ...mask }));
  }
  const factor = (channels / heads) ** -0.5;
  const scale = cast(n, n.floats(`attention_scale_${factor}`, [1], Float32Array.of(factor)), n.precision);
  return multiHeadAttention(n, mul(n, query, scale), key, value, { heads, scale: 1 });
}

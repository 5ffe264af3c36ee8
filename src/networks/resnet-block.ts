/** @file The residual block of UNet and VAE. Matches: diffusers `ResnetBlock2D` (models/resnet.py), "default" time shift. */
import type { Value } from "../onnx/graph.js";
import { add, reshape } from "../onnx/operators.js";
import { conv2d, groupNorm, linear, silu } from "./layers.js";
import type { NetworkBuilder } from "./network-builder.js";

export interface ResnetOptions {
  readonly inC: number;
  readonly outC: number;
  readonly groups: number;
  readonly epsilon: number;
  /** Already activated, `[B, size]`; the VAE has none. */
  readonly timeEmbedding?: { readonly value: Value; readonly size: number };
}

export function resnetBlock(n: NetworkBuilder, name: string, x: Value, options: ResnetOptions): Value {
  const { inC, outC, groups, epsilon, timeEmbedding } = options;
  let hidden = silu(n, groupNorm(n, `${name}.norm1`, x, inC, groups, epsilon));
  hidden = conv2d(n, `${name}.conv1`, hidden, inC, outC);
  if (timeEmbedding !== undefined) {
    const shift = linear(n, `${name}.time_emb_proj`, timeEmbedding.value, timeEmbedding.size, outC);
    hidden = add(n, hidden, reshape(n, shift, n.int64s([-1, outC, 1, 1])));
  }
  hidden = silu(n, groupNorm(n, `${name}.norm2`, hidden, outC, groups, epsilon));
  hidden = conv2d(n, `${name}.conv2`, hidden, outC, outC);
  const residual = inC === outC ? x : conv2d(n, `${name}.conv_shortcut`, x, inC, outC, { kernel: 1 });
  return add(n, residual, hidden);
}

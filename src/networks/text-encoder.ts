/**
 * @file CLIP's text encoder as a graph.
 * Matches: transformers `CLIPTextModel` (models/clip/modeling_clip.py), `last_hidden_state`: causal attention,
 * no padding mask, the output after the final layer norm.
 *
 * Input: `input_ids` [B, S] int32. Outputs, each [B, S, hiddenSize]: the states that 0, 1, … all layers were left out
 * for, each after the final layer norm, by the names of `promptOutput`.
 */
import type { TextEncoderConfig } from "../checkpoint/config/text-encoder-config.js";
import type { Graph, Value } from "../onnx/graph.js";
import { add, gather, gelu, quickGelu, reshape } from "../onnx/operators.js";
import { scaledAttention } from "./attention.js";
import { batchOf, toSequence } from "./feature-rows.js";
import { layerNorm, linear } from "./layers.js";
import { NetworkBuilder, type Precision } from "./network-builder.js";
import type { WeightSource } from "./weight-source.js";

/** Most checkpoints keep the module's own prefix; those saved by transformers 5 do not. */
const PREFIX = "text_model.";
/** What transformers adds to a masked score: the least float32. */
const MASKED = -3.4028234663852886e38;

/**
 * The output for a prompt whose last `clipSkip` layers are left out, 0 … numHiddenLayers: `hidden_states[-(clipSkip + 1)]`
 * and then the final layer norm, as diffusers' `encode_prompt` has it. A norm costs a thousandth of a layer.
 */
export const promptOutput = (clipSkip: number): string =>
  clipSkip === 0 ? "hidden_states" : `hidden_states_skip_${clipSkip}`;

export function buildTextEncoder(
  config: TextEncoderConfig,
  weights: WeightSource,
  precision: Precision = "float32",
): Graph {
  const n = new NetworkBuilder("text_encoder", weights, precision);
  const { hiddenSize, maxPositionEmbeddings: length } = config;
  const prefix = n.hasParameter("embeddings.token_embedding.weight") ? "" : PREFIX;
  const ids = n.input("input_ids", "int32", ["B", length]);

  const tokens = n.parameter(`${prefix}embeddings.token_embedding.weight`, [config.vocabSize, hiddenSize]);
  const positions = n.parameter(`${prefix}embeddings.position_embedding.weight`, [length, hiddenSize]);
  const embedded = add(n, gather(n, tokens, ids), positions);
  let rows = reshape(n, embedded, n.int64s([-1, hiddenSize]));
  const attend = { batch: batchOf(n, ids), mask: causalMask(n, length) };
  const states = [rows];
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    rows = encoderLayer(n, config, `${prefix}encoder.layers.${layer}`, rows, attend);
    states.push(rows);
  }
  states.reverse().forEach((state, clipSkip) => {
    const normalised = layerNorm(n, `${prefix}final_layer_norm`, state, hiddenSize, config.layerNormEps);
    const sequence = toSequence(n, normalised, attend.batch, hiddenSize);
    n.output(promptOutput(clipSkip), n.widen(sequence), "float32", ["B", length, hiddenSize]);
  });
  return n.build();
}

interface Attend {
  readonly batch: Value;
  readonly mask: Value;
}

function encoderLayer(
  n: NetworkBuilder,
  config: TextEncoderConfig,
  name: string,
  input: Value,
  attend: Attend,
): Value {
  const { hiddenSize, intermediateSize, layerNormEps } = config;
  const first = layerNorm(n, `${name}.layer_norm1`, input, hiddenSize, layerNormEps);
  const rows = add(n, input, selfAttention(n, config, `${name}.self_attn`, first, attend));
  const second = layerNorm(n, `${name}.layer_norm2`, rows, hiddenSize, layerNormEps);
  const inner = linear(n, `${name}.mlp.fc1`, second, hiddenSize, intermediateSize);
  const activated = config.hiddenAct === "gelu" ? gelu(n, inner) : quickGelu(n, inner);
  return add(n, rows, linear(n, `${name}.mlp.fc2`, activated, intermediateSize, hiddenSize));
}

function selfAttention(
  n: NetworkBuilder,
  { hiddenSize, numAttentionHeads }: TextEncoderConfig,
  name: string,
  rows: Value,
  { batch, mask }: Attend,
): Value {
  const project = (part: string) =>
    toSequence(n, linear(n, `${name}.${part}`, rows, hiddenSize, hiddenSize), batch, hiddenSize);
  const [query, key, value] = [project("q_proj"), project("k_proj"), project("v_proj")];
  const mixed = scaledAttention(n, query, key, value, {
    channels: hiddenSize,
    heads: numAttentionHeads,
    upcast: true, // a few tokens only, and the mask is beyond float16's range
    bias: mask,
  });
  return linear(n, `${name}.out_proj`, reshape(n, mixed, n.int64s([-1, hiddenSize])), hiddenSize, hiddenSize);
}

/** `[1, 1, length, length]`: a token sees itself and what stands before it. */
function causalMask(n: NetworkBuilder, length: number): Value {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) mask.fill(MASKED, row * length + row + 1, (row + 1) * length);
  return n.floats("causal_mask", [1, 1, length, length], mask);
}

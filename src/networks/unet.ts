/**
 * @file The conditional UNet as a graph.
 * Matches: diffusers `UNet2DConditionModel` (models/unets/unet_2d_condition.py) with the block types that
 * `checkpoint/config/unet-config.ts` admits (models/unets/unet_2d_blocks.py). No number of a checkpoint stands here.
 *
 * Inputs: `sample` [B, inChannels, h, w], `timestep` [B], `encoder_hidden_states` [B, S, crossAttentionDim].
 * Output: `out_sample` [B, outChannels, h, w]. B, h, w and S are free; h and w may be odd.
 */
import type { UnetConfig } from "../checkpoint/config/unet-config.js";
import type { Graph, Value } from "../onnx/graph.js";
import { concat, reshape, resizeNearest, shapeSlice } from "../onnx/operators.js";
import { conv2d, groupNorm, silu } from "./layers.js";
import { NetworkBuilder, type Precision } from "./network-builder.js";
import { resnetBlock } from "./resnet-block.js";
import { timeEmbedding } from "./time-embedding.js";
import { transformer2d } from "./transformer-2d.js";
import { downStages, midStage, type Stage, upStages } from "./unet-stages.js";
import type { WeightSource } from "./weight-source.js";

/** The time embedding is this much wider than the first block. */
const TIME_EMBEDDING_MULTIPLE = 4;

export function buildUnet(
  config: UnetConfig,
  weights: WeightSource,
  precision: Precision = "float32",
): Graph {
  const n = new NetworkBuilder("unet", weights, precision);
  const [firstC] = config.blockOutChannels;
  const sample = n.input("sample", "float32", ["B", config.inChannels, "h", "w"]);
  const timesteps = n.input("timestep", "float32", ["B"]);
  const states = n.input("encoder_hidden_states", "float32", ["B", "S", config.crossAttentionDim]);

  const size = firstC * TIME_EMBEDDING_MULTIPLE;
  const { flipSinToCos, freqShift } = config;
  const embedded = timeEmbedding(n, timesteps, { sinusoids: firstC, size, flipSinToCos, freqShift });
  const blocks = new UnetBlocks(n, config, {
    time: { value: silu(n, embedded), size },
    context: {
      rows: reshape(n, n.narrow(states), n.int64s([-1, config.crossAttentionDim])),
      size: config.crossAttentionDim,
    },
  });

  let x = conv2d(n, "conv_in", n.narrow(sample), config.inChannels, firstC);
  const skips = [x];
  for (const stage of downStages(config)) x = blocks.down(stage, x, skips);
  x = blocks.mid(midStage(config), x);
  for (const stage of upStages(config)) x = blocks.up(stage, x, skips);
  x = silu(n, groupNorm(n, "conv_norm_out", x, firstC, config.normNumGroups, config.normEps));
  x = conv2d(n, "conv_out", x, firstC, config.outChannels);
  n.output("out_sample", n.widen(x), "float32", ["B", config.outChannels, "h", "w"]);
  return n.build();
}

interface Conditioning {
  readonly time: { readonly value: Value; readonly size: number };
  readonly context: { readonly rows: Value; readonly size: number };
}

/** One method for each kind of block; `skips` is the stack of the down path's outputs. */
class UnetBlocks {
  readonly #n: NetworkBuilder;
  readonly #config: UnetConfig;
  readonly #conditioning: Conditioning;

  constructor(n: NetworkBuilder, config: UnetConfig, conditioning: Conditioning) {
    this.#n = n;
    this.#config = config;
    this.#conditioning = conditioning;
  }

  down(stage: Stage, input: Value, skips: Value[]): Value {
    let x = input;
    stage.resnetInputs.forEach((inC, layer) => {
      x = this.#resnet(`${stage.name}.resnets.${layer}`, x, inC, stage.outC);
      if (stage.attention !== undefined) x = this.#attention(`${stage.name}.attentions.${layer}`, x, stage);
      skips.push(x);
    });
    if (stage.resamples) {
      x = conv2d(this.#n, `${stage.name}.downsamplers.0.conv`, x, stage.outC, stage.outC, { stride: 2 });
      skips.push(x);
    }
    return x;
  }

  mid(stage: Stage, input: Value): Value {
    let x = this.#resnet(`${stage.name}.resnets.0`, input, stage.outC, stage.outC);
    x = this.#attention(`${stage.name}.attentions.0`, x, stage);
    return this.#resnet(`${stage.name}.resnets.1`, x, stage.outC, stage.outC);
  }

  up(stage: Stage, input: Value, skips: Value[]): Value {
    let x = input;
    stage.resnetInputs.forEach((inC, layer) => {
      const skip = skips.pop();
      if (skip === undefined)
        throw new Error("the up path has more layers than the down path. This is a bug.");
      x = this.#resnet(`${stage.name}.resnets.${layer}`, concat(this.#n, [x, skip], 1), inC, stage.outC);
      if (stage.attention !== undefined) x = this.#attention(`${stage.name}.attentions.${layer}`, x, stage);
    });
    return stage.resamples ? this.#upsample(`${stage.name}.upsamplers.0.conv`, x, stage.outC, skips) : x;
  }

  /** To the size of the next skip: twice as large, or one less where an odd size was halved on the way down. */
  #upsample(name: string, x: Value, channels: number, skips: readonly Value[]): Value {
    const n = this.#n;
    const next = skips.at(-1);
    if (next === undefined) throw new Error("no skip is left to upsample to. This is a bug.");
    const sizes = concat(n, [shapeSlice(n, x, 0, 2), shapeSlice(n, next, 2, 4)], 0);
    return conv2d(n, name, resizeNearest(n, x, sizes), channels, channels);
  }

  #resnet(name: string, x: Value, inC: number, outC: number): Value {
    const { normNumGroups: groups, normEps: epsilon } = this.#config;
    return resnetBlock(this.#n, name, x, {
      inC,
      outC,
      groups,
      epsilon,
      timeEmbedding: this.#conditioning.time,
    });
  }

  #attention(name: string, x: Value, { outC, attention }: Stage): Value {
    if (attention === undefined) throw new Error("this stage has no attention. This is a bug.");
    return transformer2d(this.#n, name, x, {
      channels: outC,
      ...attention,
      groups: this.#config.normNumGroups,
      linearProjection: this.#config.useLinearProjection,
      upcast: this.#config.upcastAttention,
      context: this.#conditioning.context,
    });
  }
}

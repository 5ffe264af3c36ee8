/** @file The UNet's blocks as a table derived from its config: names, channels, attention. Emits no node. */
import type { UnetConfig } from "../checkpoint/config/unet-config.js";

export interface Stage {
  readonly name: string;
  readonly outC: number;
  /** Input channels of each residual block, the skip's included. */
  readonly resnetInputs: readonly number[];
  /** Absent in a block without cross-attention. */
  readonly attention?: { readonly heads: number; readonly layers: number };
  /** The block ends in a downsampler or an upsampler. */
  readonly resamples: boolean;
}

/** SD 2 gives 320→320, 320→640, 640→1280 with attention, then 1280→1280 without. */
export function downStages(config: UnetConfig): readonly Stage[] {
  const channels = config.blockOutChannels;
  return channels.map((outC, i) => ({
    name: `down_blocks.${i}`,
    outC,
    resnetInputs: repeat(layersAt(config, i), (layer) =>
      layer === 0 ? (channels[i - 1] ?? channels[0]) : outC,
    ),
    ...(config.downBlockTypes[i] === "CrossAttnDownBlock2D" ? { attention: attentionAt(config, i) } : {}),
    resamples: i < channels.length - 1,
  }));
}

export function midStage(config: UnetConfig): Stage {
  const last = config.blockOutChannels.length - 1;
  const outC = at(config.blockOutChannels, last);
  return {
    name: "mid_block",
    outC,
    resnetInputs: [outC, outC],
    attention: attentionAt(config, last),
    resamples: false,
  };
}

/**
 * The up path mirrors the down path with one more layer a block. A layer's input is the previous output joined
 * with the skip that the down path left: the block's own channels, or, for its last layer, those of the block below.
 */
export function upStages(config: UnetConfig): readonly Stage[] {
  const channels = config.blockOutChannels;
  const last = channels.length - 1;
  return channels.map((_, step) => {
    const i = last - step;
    const outC = at(channels, i);
    const previousC = at(channels, Math.min(i + 1, last));
    const layers = layersAt(config, i) + 1;
    return {
      name: `up_blocks.${step}`,
      outC,
      resnetInputs: repeat(layers, (layer) => {
        const skipC = layer === layers - 1 ? at(channels, Math.max(i - 1, 0)) : outC;
        return (layer === 0 ? previousC : outC) + skipC;
      }),
      ...(config.upBlockTypes[step] === "CrossAttnUpBlock2D" ? { attention: attentionAt(config, i) } : {}),
      resamples: step < last,
    };
  });
}

const layersAt = (config: UnetConfig, i: number) => at(config.layersPerBlock, i);

const attentionAt = (config: UnetConfig, i: number) => ({
  heads: at(config.headsPerBlock, i),
  layers: at(config.transformerLayersPerBlock, i),
});

const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The config's lists are checked to be equally long when they are read. */
function at(list: readonly number[], index: number): number {
  const value = list[index];
  if (value === undefined) throw new Error(`a list of ${list.length} has no entry ${index}. This is a bug.`);
  return value;
}

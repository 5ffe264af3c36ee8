/** @file Opens a checkpoint folder as everything a worker needs to run jobs. */
import { openCheckpoint } from "../../checkpoint/checkpoint.js";
import { OnnxNetworks } from "../../runtime/onnx-networks.js";
import { ClipTokenizer } from "../../tokenizer/clip-tokenizer.js";
import type { ModelOptions } from "../protocol.js";
import { describeModel } from "./describe-model.js";
import type { LoadedModel } from "./loaded-model.js";

/** Throws INVALID_CHECKPOINT with a message that names the file, tensor or key. */
export async function loadModel(options: ModelOptions): Promise<LoadedModel> {
  const checkpoint = await openCheckpoint(options);
  const networks = await OnnxNetworks.open(checkpoint, { threads: options.threads });
  const { unet, vae, scheduler } = checkpoint;
  const { scaleFactor, scalingFactor } = vae.config;
  const pixels = unet.config.sampleSize * scaleFactor;
  return {
    networks,
    tokenizer: new ClipTokenizer(checkpoint.tokenizer),
    geometry: { height: pixels, width: pixels, vaeScaleFactor: scaleFactor },
    unetChannels: unet.config.inChannels,
    schedulerConfig: scheduler,
    scalingFactor,
    info: describeModel(checkpoint, { precision: "float32", executionProvider: "cpu" }),
    checkpoint: { ...checkpoint.source, warnings: checkpoint.warnings },
    release: () => networks.release(),
  };
}

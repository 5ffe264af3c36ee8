/** @file Opens a checkpoint folder as everything a worker needs to run jobs. */
import { openCheckpoint } from "../../checkpoint/checkpoint.js";
import { chooseProvider } from "../../runtime/choose-provider.js";
import { OnnxNetworks } from "../../runtime/onnx-networks.js";
import { PRECISION_OF } from "../../runtime/precision.js";
import { ClipTokenizer } from "../../tokenizer/clip-tokenizer.js";
import type { ModelOptions } from "../protocol.js";
import { describeModel } from "./describe-model.js";
import type { LoadedModel } from "./loaded-model.js";

/** Throws INVALID_CHECKPOINT with a message that names the file, tensor or key, or PROVIDER_UNAVAILABLE. */
export async function loadModel(options: ModelOptions): Promise<LoadedModel> {
  const { executionProvider, passedOver } = await chooseProvider(options.executionProvider);
  const checkpoint = await openCheckpoint(options);
  const networks = await OnnxNetworks.open(checkpoint, { threads: options.threads, executionProvider });
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
    info: describeModel(checkpoint, { precision: PRECISION_OF[executionProvider], executionProvider }),
    checkpoint: { ...checkpoint.source, warnings: [...checkpoint.warnings, ...passedOver] },
    economize: () => networks.economize(),
    release: () => networks.release(),
  };
}

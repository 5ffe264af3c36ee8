/** @file A model as the engine would tell of it. */
import type { ServedModel } from "../../src/http/routes/info.js";

export const servedModel: ServedModel = {
  name: "sd2",
  hash: "0123456789abcdef",
  architecture: "a UNet",
  unetChannels: 9,
  textEncoderLayers: 23,
  predictionType: "epsilon",
  scheduler: "PNDMScheduler",
  weightsDtype: "F16",
  precision: "float32",
  executionProvider: "cpu",
  height: 512,
  width: 768,
  parameterCounts: { textEncoder: 1, unet: 2, vae: 3 },
};

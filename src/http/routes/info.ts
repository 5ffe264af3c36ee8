/**
 * @file `GET /info`: what is served, on what, and what may be asked of it. Knows the names of the answer; no path, no
 * address and no secret is among them.
 */
import type { FastifyInstance } from "fastify";
import type { Settings } from "../../config/settings.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { parametersWithin } from "../../scoring/parameter-schema.js";
import { sendJson } from "../answer/send-json.js";

/** The open model as whoever runs it tells it. */
export interface ServedModel {
  readonly name: string;
  readonly hash: string;
  readonly architecture: string;
  readonly unetChannels: number;
  readonly textEncoderLayers: number;
  readonly predictionType: string;
  readonly scheduler: string;
  readonly weightsDtype: string;
  readonly precision: string;
  readonly executionProvider: string;
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  readonly parameterCounts: { readonly textEncoder: number; readonly unet: number; readonly vae: number };
}

function modelReply(model: ServedModel) {
  return {
    name: model.name,
    hash: model.hash,
    architecture: model.architecture,
    unet_channels: model.unetChannels,
    text_encoder_layers: model.textEncoderLayers,
    prediction_type: model.predictionType,
    scheduler: model.scheduler,
    weights_dtype: model.weightsDtype,
    precision: model.precision,
    execution_provider: model.executionProvider,
    height: model.height,
    width: model.width,
    parameter_counts: {
      text_encoder: model.parameterCounts.textEncoder,
      unet: model.parameterCounts.unet,
      vae: model.parameterCounts.vae,
    },
  };
}

/** By the names of the settings. */
function limitsReply(settings: Settings) {
  return {
    max_steps: settings.maxSteps,
    max_rows: settings.maxRows,
    max_images_per_prompt: settings.maxImagesPerPrompt,
    max_output_pixels: settings.maxOutputPixels,
    max_body_bytes: settings.maxBodyBytes,
    max_upload_bytes: settings.maxUploadBytes,
    max_held_response_bytes: settings.maxHeldResponseBytes,
    max_connections: settings.maxConnections,
    max_pixels: settings.maxPixels,
    max_request_pixels: settings.maxRequestPixels,
    max_decoded_pixels: settings.maxDecodedPixels,
    max_response_pixels: settings.maxResponsePixels,
    max_prompt_chars: settings.maxPromptChars,
    max_queued_work: settings.maxQueuedWork,
    max_batch: settings.maxBatch,
  };
}

/** `model` tells the model that could serve a job now. The parameters are told by their JSON Schema. */
export function infoRoute(
  app: FastifyInstance,
  model: () => ServedModel | undefined,
  settings: Settings,
): void {
  const parameters = parametersWithin(settings).properties;
  const limits = limitsReply(settings);
  app.get("/info", async (_request, reply) => {
    const served = model();
    if (served === undefined) throw new InpaintError("NOT_READY", "The model is not ready to serve.");
    return sendJson(reply, { model: modelReply(served), limits, parameters });
  });
}

/**
 * @file KServe's questions about the server and its one model: the V1 protocol's list and readiness, and of the V2 one
 * (Open Inference Protocol) health, readiness and metadata. V1's `:predict` is a scoring path; V2's `/infer` is not
 * offered. Knows the protocols' names; the tensors are the columns of Azure ML's signature.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import { SERVER_VERSION } from "../../config/server-version.js";
import type { Settings } from "../../config/settings.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { errorReply } from "../answer/error-reply.js";
import { sendJson } from "../answer/send-json.js";

/** One value per row: the number of rows is not fixed. */
const PER_ROW = [-1];
/** Base64 text is BYTES, as every text is. */
const INPUTS = ["prompt", "image", "mask_image"].map((name) => ({ name, datatype: "BYTES", shape: PER_ROW }));
const OUTPUTS = [
  { name: "prompt", datatype: "BYTES", shape: PER_ROW },
  { name: "generated_image", datatype: "BYTES", shape: PER_ROW },
  { name: "nsfw_content_detected", datatype: "BOOL", shape: PER_ROW },
];
/** The protocol's word for what ONNX Runtime runs. */
const PLATFORM = "onnx_onnxv1";

/** The path of V1's scoring, as fastify's router wants it: one colon would begin a parameter. */
export const predictPath = (modelName: string) => `/v1/models/${modelName}::predict`;

/** `isReady` tells whether a job could be served now. A model of another name is none of these paths. */
export function kserveRoutes(
  app: FastifyInstance,
  isReady: () => boolean,
  { modelName: name }: Settings,
): void {
  const probe = { logLevel: "warn" } as const;

  /** What the protocols' clients read, whatever the status. */
  function tellReadiness(reply: FastifyReply, body: { readonly name?: string }): FastifyReply {
    const ready = isReady();
    if (ready) return sendJson(reply, { ...body, ready });
    const { status, headers } = errorReply(new InpaintError("NOT_READY", ""));
    return sendJson(reply.status(status).headers(headers), { ...body, ready });
  }

  for (const version of ["v1", "v2"]) {
    app.get(`/${version}/models`, async (_request, reply) => sendJson(reply, { models: [name] }));
  }
  app.get(`/v1/models/${name}`, probe, async (_request, reply) => tellReadiness(reply, { name }));

  app.get("/v2", async (_request, reply) =>
    sendJson(reply, { name: "inpaint-server", version: SERVER_VERSION, extensions: [] }),
  );
  app.get("/v2/health/live", probe, async (_request, reply) => sendJson(reply, { live: true }));
  app.get("/v2/health/ready", probe, async (_request, reply) => tellReadiness(reply, {}));
  app.get(`/v2/models/${name}`, async (_request, reply) =>
    sendJson(reply, { name, platform: PLATFORM, inputs: INPUTS, outputs: OUTPUTS }),
  );
  app.get(`/v2/models/${name}/ready`, probe, async (_request, reply) => tellReadiness(reply, { name }));
}

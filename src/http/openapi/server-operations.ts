/** @file What the server tells of itself, as operations: probes, documents, metrics, model. Knows no scoring. */
import { NOT_READY } from "./error-replies.js";
import { type JsonSchema, refTo } from "./json-schema.js";
import { jsonReply, type Operation, textReply } from "./operation.js";

export const SWAGGER_VERSIONS = ["2", "2.0", "3", "3.0", "3.1"] as const;
export type SwaggerVersion = (typeof SWAGGER_VERSIONS)[number];

const DOCUMENT = { type: "object" };
const COUNT = { type: "integer", minimum: 0 };
const TEXT = { type: "string" };

function objectOf(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", required: Object.keys(properties), properties };
}

const statusOf = (status: string) => objectOf({ status: { type: "string", enum: [status] } });

const SERVED_MODEL = objectOf({
  name: TEXT,
  hash: TEXT,
  architecture: TEXT,
  unet_channels: COUNT,
  text_encoder_layers: COUNT,
  prediction_type: TEXT,
  scheduler: TEXT,
  weights_dtype: TEXT,
  precision: TEXT,
  execution_provider: TEXT,
  height: COUNT,
  width: COUNT,
  parameter_counts: objectOf({ text_encoder: COUNT, unet: COUNT, vae: COUNT }),
});

/** Of Azure ML's own server, with its ids. */
export const AZUREML_OPERATIONS: readonly Operation[] = [
  {
    path: "/",
    method: "get",
    operationId: "ServiceHealthCheck",
    tag: "Azure ML",
    summary: "Whether the process runs",
    replies: { 200: textReply("It does, whatever the state of the model.", "text/html", "Healthy") },
  },
  {
    path: "/swagger.json",
    method: "get",
    operationId: "GetSwaggerSpec",
    tag: "Azure ML",
    summary: "Azure ML's paths as an API document",
    parameters: [
      {
        name: "version",
        in: "query",
        description: "2 and 2.0 are Swagger 2.0, 3 and 3.0 are OpenAPI 3.0.3, 3.1 is OpenAPI 3.1.0.",
        schema: { type: "string", enum: SWAGGER_VERSIONS, default: "2" },
      },
    ],
    replies: {
      200: { description: "The document.", content: { "application/json": { schema: DOCUMENT } } },
      404: jsonReply("There is no such version.", refTo("ErrorResponse"), {
        message: "Swagger version [9] is not valid. Supported versions: [2, 3, 3.1].",
      }),
    },
  },
];

export const SERVER_OPERATIONS: readonly Operation[] = [
  {
    path: "/openapi.json",
    method: "get",
    operationId: "GetOpenApiDocument",
    tag: "Operations",
    summary: "All paths as an OpenAPI 3.1 document",
    replies: {
      200: { description: "This document.", content: { "application/json": { schema: DOCUMENT } } },
    },
  },
  {
    path: "/health/live",
    method: "get",
    operationId: "GetLiveness",
    tag: "Operations",
    summary: "Whether the process answers",
    replies: { 200: jsonReply("It does.", statusOf("live"), { status: "live" }) },
  },
  {
    path: "/health/ready",
    method: "get",
    operationId: "GetReadiness",
    tag: "Operations",
    summary: "Whether a job could be served now",
    replies: { 200: jsonReply("It could.", statusOf("ready"), { status: "ready" }), 503: NOT_READY },
  },
  {
    path: "/info",
    method: "get",
    operationId: "GetInfo",
    tag: "Operations",
    summary: "The model, the limits, and the parameters with this server's ranges and defaults",
    replies: {
      200: {
        description: "What is served, and what may be asked of it.",
        content: {
          "application/json": {
            schema: objectOf({
              model: SERVED_MODEL,
              limits: {
                description: "By the settings' names in lower case.",
                type: "object",
                additionalProperties: { type: "number" },
              },
              parameters: {
                description: "JSON Schema of each parameter.",
                type: "object",
                additionalProperties: { type: "object" },
              },
            }),
          },
        },
      },
      503: NOT_READY,
    },
  },
  {
    path: "/metrics",
    method: "get",
    operationId: "GetMetrics",
    tag: "Operations",
    summary: "Metrics in Prometheus' text format",
    replies: { 200: textReply("All of them.", "text/plain") },
  },
];

/** @file What MLflow's and KServe's clients ask before they score, as operations. Knows no scoring. */
import type { Settings } from "../../config/settings.js";
import { NOT_READY } from "./error-replies.js";
import { type JsonSchema, refTo } from "./json-schema.js";
import { jsonReply, type Operation, type Reply, textReply } from "./operation.js";

function pingOf(path: string, operationId: string): Operation {
  return {
    path,
    method: "get",
    operationId,
    tag: "MLflow",
    summary: "Whether a job could be served now",
    replies: {
      200: {
        description: "It could. The body is a line break.",
        content: { "application/json": { schema: {} } },
      },
      503: NOT_READY,
    },
  };
}

export const MLFLOW_OPERATIONS: readonly Operation[] = [
  pingOf("/ping", "Ping"),
  pingOf("/health", "Health"),
  {
    path: "/version",
    method: "get",
    operationId: "GetVersion",
    tag: "MLflow",
    summary: "The server's version",
    replies: { 200: textReply("As text.", "text/plain") },
  },
];

const NAME = { type: "string" };
const NAMES = { type: "array", items: NAME };

function closed(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", additionalProperties: false, required: Object.keys(properties), properties };
}

const TENSORS: JsonSchema = {
  type: "array",
  items: closed({
    name: NAME,
    datatype: { type: "string", enum: ["BYTES", "BOOL"] },
    shape: { description: "-1: any number of rows.", type: "array", items: { type: "integer" } },
  }),
};

function readiness(named: { readonly name?: string }): Readonly<Record<string, Reply>> {
  const schema = closed({
    ...(named.name !== undefined && { name: NAME }),
    ready: { type: "boolean" },
  });
  return {
    200: jsonReply("A job could be served now.", schema, { ...named, ready: true }),
    503: {
      ...jsonReply(
        "None could; or the server is shutting down, which is told as every error is.",
        { anyOf: [schema, refTo("ErrorResponse")] },
        { ...named, ready: false },
      ),
      ...(NOT_READY.headers && { headers: NOT_READY.headers }),
    },
  };
}

interface Question {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly replies: Operation["replies"];
}

/** Scoring by V1 is elsewhere: it is a scoring path. */
export function kserveOperations({ modelName: name }: Settings): readonly Operation[] {
  const list = { 200: jsonReply("The one model.", closed({ models: NAMES }), { models: [name] }) };
  const questions: readonly Question[] = [
    { path: "/v1/models", operationId: "ListModelsV1", summary: "The models served", replies: list },
    {
      path: `/v1/models/${name}`,
      operationId: "GetModelReadyV1",
      summary: "Whether the model is ready",
      replies: readiness({ name }),
    },
    {
      path: "/v2",
      operationId: "GetServerMetadataV2",
      summary: "The server's name, version and protocol extensions",
      replies: {
        200: jsonReply("As asked.", closed({ name: NAME, version: NAME, extensions: NAMES }), {
          name: "inpaint-server",
          version: "1.0.0",
          extensions: [],
        }),
      },
    },
    {
      path: "/v2/health/live",
      operationId: "GetServerLiveV2",
      summary: "Whether the server answers",
      replies: { 200: jsonReply("It does.", closed({ live: { type: "boolean" } }), { live: true }) },
    },
    {
      path: "/v2/health/ready",
      operationId: "GetServerReadyV2",
      summary: "Whether the model is ready",
      replies: readiness({}),
    },
    { path: "/v2/models", operationId: "ListModelsV2", summary: "The models served", replies: list },
    {
      path: `/v2/models/${name}`,
      operationId: "GetModelMetadataV2",
      summary: "The model's tensors",
      replies: {
        200: {
          description: "Names, datatypes and shapes.",
          content: {
            "application/json": {
              schema: closed({ name: NAME, platform: NAME, inputs: TENSORS, outputs: TENSORS }),
            },
          },
        },
      },
    },
    {
      path: `/v2/models/${name}/ready`,
      operationId: "GetModelReadyV2",
      summary: "Whether the model is ready",
      replies: readiness({ name }),
    },
  ];
  return questions.map((question) => ({ ...question, method: "get", tag: "KServe" }));
}

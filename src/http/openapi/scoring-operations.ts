/** @file The scoring paths as operations. Knows their headers and replies; the shapes are components. */
import type { Settings } from "../../config/settings.js";
import { PRIORITIES } from "../../scoring/ports.js";
import { PRIORITY_HEADER, TIMEOUT_HEADER } from "../head/score-headers.js";
import { scoringErrors } from "./error-replies.js";
import { INSTANCES_EXAMPLES, mlflowExamples, ROWS_EXAMPLE, splitExamples } from "./examples.js";
import { type JsonSchema, refTo } from "./json-schema.js";
import type { Operation, Parameter, Reply } from "./operation.js";

function parametersOf({ scoringTimeoutMs }: Settings): readonly Parameter[] {
  return [
    {
      name: TIMEOUT_HEADER,
      in: "header",
      description: `The longest this request may take, in milliseconds from the arrival of its head. No more than ${scoringTimeoutMs} counts.`,
      schema: { type: "integer", minimum: 1, default: scoringTimeoutMs },
    },
    {
      name: PRIORITY_HEADER,
      in: "header",
      description: "`batch` gives way to `online`.",
      schema: { type: "string", enum: PRIORITIES, default: "online" },
    },
  ];
}

/** As Azure ML's published scripts refuse a request, where the operator screens content and did not ask for more. */
const orBlocked = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, refTo("Blocked")] });

function scored(schema: JsonSchema, example: unknown): Reply {
  return {
    description:
      "One object per image: the rows in their order, and of each row its images. An image that failed has an `error`. " +
      "`{}` where content safety refused the request.",
    headers: {
      "x-inpaint-seeds": {
        description:
          "The seed of each object of the answer, with commas between. Not of a refused request. Not of a stream of events, which has one for them.",
        schema: { type: "string", pattern: "^\\d+(?:,\\d+)*$" },
      },
      "x-ms-run-fn-exec-ms": {
        description: "Milliseconds from the whole body to the answer. Not of a stream of events.",
        schema: { type: "string", pattern: "^\\d+\\.\\d{3}$" },
      },
      "Server-Timing": {
        description: "Where the time went, in milliseconds, stage by stage. Not of a stream of events.",
        schema: { type: "string" },
      },
    },
    content: {
      "application/json": { schema, example },
      "text/event-stream": {
        schema: {
          description:
            "For who asks for it by name in `Accept`: events `queued`, `progress`, then `seeds` and `result`, whose data is the JSON body, or `error`.",
          type: "string",
        },
      },
    },
  };
}

/**
 * The same replies, but that the rows are the body or stand within `predictions`; and every path takes every shape of
 * request. `azureMl`: the body of /score is told as Azure ML's tools know it.
 */
export function scoringOperations(
  settings: Settings,
  { azureMl }: { readonly azureMl: boolean },
): readonly Operation[] {
  const common = { method: "post", parameters: parametersOf(settings) } as const;
  const schema = refTo("ScoringRequest");
  const rows = refTo("ServiceOutput");
  const errors = scoringErrors(settings);
  const predictions = {
    200: scored(orBlocked(refTo("Predictions")), { predictions: ROWS_EXAMPLE }),
    ...errors,
  };
  return [
    {
      ...common,
      path: "/score",
      operationId: "RunMLService",
      tag: "Azure ML",
      summary: "Repaint the white part of each mask",
      requestBody: {
        schema: azureMl ? refTo("ServiceInput") : schema,
        examples: splitExamples(settings),
      },
      replies: { 200: scored(azureMl ? rows : orBlocked(rows), ROWS_EXAMPLE), ...errors },
    },
    {
      ...common,
      path: "/invocations",
      operationId: "Invoke",
      tag: "MLflow",
      summary: "As /score, the rows within `predictions`",
      requestBody: { schema, examples: mlflowExamples(settings) },
      replies: predictions,
    },
    {
      ...common,
      path: `/v1/models/${settings.modelName}:predict`,
      operationId: "PredictV1",
      tag: "KServe",
      summary: "As /score, the rows within `predictions`",
      requestBody: { schema, examples: INSTANCES_EXAMPLES },
      replies: predictions,
    },
  ];
}

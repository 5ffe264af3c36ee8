/**
 * @file The components of the API documents: schemas/ with this server's limits in place, in Azure ML's names. Knows
 * which they are; what a request may hold is decided by scoring alone.
 */
import type { Settings } from "../../config/settings.js";
import { parametersWithin } from "../../scoring/parameter-schema.js";
import { SCORING_REQUEST_SCHEMA, SCORING_RESPONSE_SCHEMA } from "../../scoring/wire-types.generated.js";
import { mlflowExamples, ROWS_EXAMPLE, splitExamples } from "./examples.js";
import { hoistDefinitions } from "./hoist-definitions.js";
import { type JsonSchema, refTo } from "./json-schema.js";

const IMAGE_FILE = { type: "string", contentEncoding: "base64" };

function scoringRow(settings: Settings): JsonSchema {
  return {
    description:
      "One image to repaint. Every parameter may be a column, and wins for its row; other columns are ignored.",
    type: "object",
    required: ["prompt", "image", "mask_image"],
    properties: {
      prompt: {
        description: "What to paint. The model reads 77 tokens.",
        type: "string",
        maxLength: settings.maxPromptChars,
      },
      image: {
        ...IMAGE_FILE,
        description:
          "A PNG, JPEG, WEBP, GIF or TIFF in base64; line breaks and a `data:` prefix are allowed.",
      },
      mask_image: {
        ...IMAGE_FILE,
        description: "Likewise; white is repainted and black is kept. `mask` is taken for its name, too.",
      },
      ...parametersWithin(settings).properties,
    },
  };
}

/** In Azure ML's form, which says that `index` is required; this server does not insist on it, nor on `columns`. */
function serviceInput(settings: Settings): JsonSchema {
  const { objects, lists } = splitExamples(settings);
  return {
    type: "object",
    required: ["input_data"],
    properties: {
      input_data: {
        description: "The rows as a table, in pandas' split orientation.",
        type: "object",
        format: "pandas.DataFrame:split",
        required: ["columns", "index", "data"],
        properties: {
          columns: {
            description: "Names of the values of rows that are lists.",
            type: "array",
            items: { type: "string" },
          },
          index: {
            description: "As many entries as rows. They do not reach the answer.",
            type: "array",
            items: {},
          },
          data: {
            type: "array",
            minItems: 1,
            maxItems: settings.maxRows,
            items: {
              anyOf: [
                refTo("ScoringRow"),
                { description: "Values in the order of `columns`.", type: "array", items: {} },
              ],
            },
          },
          parameters: refTo("InpaintParameters"),
        },
      },
      params: { description: "MLflow's place for parameters.", type: "object" },
    },
    examples: [objects.value, lists.value],
  };
}

/** By name. */
export function componentSchemas(settings: Settings): Readonly<Record<string, JsonSchema>> {
  const request = hoistDefinitions("ScoringRequest", SCORING_REQUEST_SCHEMA, {
    "inpaint-parameters.schema.json": "InpaintParameters",
  });
  return {
    ...request,
    ScoringRequest: {
      ...request.ScoringRequest,
      examples: Object.values(mlflowExamples(settings)).map(({ value }) => value), // within this server's limits
    },
    Prompt: { ...request.Prompt, maxLength: settings.maxPromptChars },
    Rows: { ...request.Rows, maxItems: settings.maxRows },
    ServiceInput: serviceInput(settings),
    ServiceOutput: {
      ...SCORING_RESPONSE_SCHEMA,
      format: "pandas.DataFrame:records",
      examples: [ROWS_EXAMPLE],
    },
    Predictions: {
      type: "object",
      additionalProperties: false,
      required: ["predictions"],
      properties: { predictions: refTo("ServiceOutput") },
    },
    Blocked: {
      description: "Content safety refused a row, and nothing was made.",
      type: "object",
      additionalProperties: false,
    },
    ScoringRow: scoringRow(settings),
    InpaintParameters: parametersWithin(settings),
    ErrorResponse: {
      type: "object",
      additionalProperties: false,
      required: ["message"],
      properties: { message: { type: "string" } },
    },
  };
}

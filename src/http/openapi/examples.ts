/** @file Requests that work as they stand, in the API documents. Knows shapes of requests; the picture is drawn for them. */
import type { Settings } from "../../config/settings.js";
import type { RequestExample } from "./operation.js";

/** PNG, 32×32: sky over grass. */
const IMAGE =
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAL0lEQVRIx2PQqDhBU8QwasGoBaMWjFowasHQsGCaDU3RqAWjFoxaMGrBqAVDwgIAnJHEPTiGqTcAAAAASUVORK5CYII=";
/** PNG, 32×32: a white square, which is to be repainted, on black. */
const MASK =
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAAAAABWESUoAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAF0lEQVQ4y2NgGAUo4D8aGFUwshWMcAAAEvL/AdTay2QAAAAASUVORK5CYII=";

const PROMPT = "A yellow cat on a meadow";
const COLUMNS = ["prompt", "image", "mask_image"];
const ROW = { prompt: PROMPT, image: IMAGE, mask_image: MASK };
const EXAMPLE_STEPS = 20;

/** In pandas' split orientation, `index` included: what Azure ML's tools know. */
export function splitExamples({ maxSteps }: Settings) {
  return {
    objects: {
      summary: "Rows as objects, with parameters for all of them",
      value: {
        input_data: {
          columns: COLUMNS,
          index: [0],
          data: [ROW],
          parameters: { num_inference_steps: Math.min(EXAMPLE_STEPS, maxSteps), seed: 7 },
        },
      },
    },
    lists: {
      summary: "Rows as lists, read by columns; a parameter as a column",
      value: {
        input_data: {
          columns: [...COLUMNS, "negative_prompt"],
          index: [0],
          data: [[PROMPT, IMAGE, MASK, "a dog"]],
        },
      },
    },
  } satisfies Readonly<Record<string, RequestExample>>;
}

/** Under MLflow's keys, its `params` beside the rows. */
export function mlflowExamples({ maxSteps }: Settings): Readonly<Record<string, RequestExample>> {
  const params = { num_inference_steps: Math.min(EXAMPLE_STEPS, maxSteps), seed: 7 };
  return {
    records: {
      summary: "DataFrame.to_dict(orient='records')",
      value: { dataframe_records: [ROW], params },
    },
    split: {
      summary: "DataFrame.to_dict(orient='split')",
      value: {
        dataframe_split: { index: [0], columns: COLUMNS, data: [[PROMPT, IMAGE, MASK]] },
        params,
      },
    },
    columns: {
      summary: "DataFrame.to_dict(orient='list')",
      value: { inputs: { prompt: [PROMPT], image: [IMAGE], mask_image: [MASK] }, params },
    },
  };
}

/** KServe's V1 protocol. */
export const INSTANCES_EXAMPLES: Readonly<Record<string, RequestExample>> = {
  instances: { summary: "Rows, with a parameter of its own", value: { instances: [{ ...ROW, seed: 7 }] } },
};

/** Rows of an answer. */
export const ROWS_EXAMPLE = [{ prompt: PROMPT, generated_image: IMAGE, nsfw_content_detected: null }];

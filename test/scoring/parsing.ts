/** @file A parser with small limits, and the parts that requests in its tests are made of. */
import { createParameterReader } from "../../src/scoring/parameters.js";
import { type ParsedRequest, parseRequest } from "../../src/scoring/parse-request.js";

export const LIMITS = {
  maxRows: 4,
  maxSteps: 150,
  maxImagesPerPrompt: 3,
  maxPromptChars: 100,
  defaultSteps: 50,
  defaultScheduler: "",
} as const;
const parameterReader = createParameterReader(LIMITS);

export const parse = (body: unknown): ParsedRequest => parseRequest(body, { ...LIMITS, parameterReader });
export const parseInput = (input: unknown): ParsedRequest => parse({ input_data: input });

export const COLUMNS = ["prompt", "image", "mask_image"];
export const ROW = { prompt: "a cat", image: "IMG", mask_image: "MASK" };
/** A request of one good row, with what a test adds to the row and to `input_data`. */
export const withRow = (extra: object, beside: object = {}) => ({
  columns: COLUMNS,
  data: [{ ...ROW, ...extra }],
  ...beside,
});

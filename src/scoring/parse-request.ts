/**
 * @file A request's body to rows: prompt, image, mask and parameters of each. Knows what a row is made of, and no shape
 * that rows come in; the images stay base64 text here.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { commonParameters } from "./common-parameters.js";
import { findTable } from "./find-table.js";
import { isObject } from "./json-object.js";
import type { ParameterReader, RowParameters } from "./parameters.js";
import { preview } from "./preview.js";
import { Problems } from "./problems.js";
import { type Look, MASK_COLUMNS, type RowPlace, type TableRow } from "./request-table.js";
import { surrogateProblem } from "./unpaired-surrogate.js";
import type { InpaintParameters } from "./wire-types.generated.js";

/** Base64 text, and the path to name it by in a message. */
export interface ImageText {
  readonly where: string;
  readonly text: string;
}

/** A row as far as it could be read: what is undefined has its problem recorded. */
export interface RowDraft extends RowPlace {
  readonly prompt: string | undefined;
  readonly image: ImageText | undefined;
  readonly maskImage: ImageText | undefined;
  readonly parameters: RowParameters | undefined;
}

export interface ParsedRequest {
  /** Names all rows together in a message. */
  readonly where: string;
  readonly rows: readonly RowDraft[];
  /** Later checks add to these; a request with any problem is refused whole. */
  readonly problems: Problems;
}

export interface ParseOptions {
  readonly maxRows: number;
  readonly maxPromptChars: number;
  readonly parameterReader: ParameterReader;
}

function readText(look: Look, place: string, column: string, problems: Problems): string | undefined {
  const value = look(column) ?? undefined;
  if (typeof value === "string") return value;
  problems.add(place, value === undefined ? "missing" : `expected text, got ${preview(value)}`);
  return undefined;
}

/** A text of more UTF-16 units than this for each accepted character is too long, and nobody needs to know by how much. */
const MAX_COUNTED_TIMES = 4;

/** Of Unicode, as JSON Schema counts them. */
function countCharacters(text: string, maxChars: number): number {
  if (text.length > MAX_COUNTED_TIMES * maxChars) return text.length;
  let pairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.codePointAt(i) ?? 0) > 0xffff) pairs++;
  return text.length - pairs;
}

function readPrompt(look: Look, place: string, maxChars: number, problems: Problems): string | undefined {
  const prompt = readText(look, place, "prompt", problems);
  if (prompt === undefined) return undefined;
  const chars = prompt.length > maxChars ? countCharacters(prompt, maxChars) : prompt.length;
  const problem =
    chars > maxChars ? `has ${chars} characters; at most ${maxChars} are accepted` : surrogateProblem(prompt);
  if (problem === undefined) return prompt;
  problems.add(place, problem);
  return undefined;
}

function readImage(look: Look, place: string, column: string, problems: Problems): ImageText | undefined {
  const text = readText(look, place, column, problems);
  return text === undefined ? undefined : { where: place, text };
}

function readRow(
  { where, place, open }: TableRow,
  common: InpaintParameters | undefined,
  { maxPromptChars, parameterReader }: ParseOptions,
  problems: Problems,
): RowDraft {
  const look = open(problems);
  if (look === undefined) {
    return { where, place, prompt: undefined, image: undefined, maskImage: undefined, parameters: undefined };
  }
  const maskColumn =
    MASK_COLUMNS.find((column) => (look(column) ?? undefined) !== undefined) ?? MASK_COLUMNS[0];
  const prompt = readPrompt(look, place("prompt"), maxPromptChars, problems);
  const image = readImage(look, place("image"), "image", problems);
  const maskImage = readImage(look, place(maskColumn), maskColumn, problems);
  // Columns that are no parameter are data of the caller's own, and ignored as on Azure ML.
  const ofRow = parameterReader.read(look, place, problems);
  const parameters = common && ofRow && parameterReader.resolve(common, ofRow, place, problems);
  return { where, place, prompt, image, maskImage, parameters };
}

/** Each image of a row is a job and a row of the answer, so it counts as a row. */
function checkImageCount({ where, rows, problems }: ParsedRequest, maxRows: number): void {
  const images = rows.reduce((sum, { parameters }) => sum + (parameters?.imageCount ?? 1), 0);
  if (images > maxRows) {
    problems.add(where, `asks for ${images} images; at most ${maxRows} are made in one request`);
  }
}

/**
 * The rows of `body`, any JSON value. Throws InpaintError BODY_NOT_OBJECT, INPUT_DATA_MISSING or, where no row can
 * be looked at, INVALID_INPUT; what is wrong in single rows is in the result's `problems`.
 */
export function parseRequest(body: unknown, options: ParseOptions): ParsedRequest {
  if (!isObject(body)) {
    throw new InpaintError("BODY_NOT_OBJECT", "POST body should be a JSON dictionary.");
  }
  const { maxRows, parameterReader: reader } = options;
  const problems = new Problems();
  const { table, name, input } = findTable(body, reader.names, { maxRows, problems });
  const common = commonParameters(body, { name, input, reader, problems });
  const rows = table.rows.map((row) => readRow(row, common, options, problems));
  const parsed = { where: table.where, rows, problems };
  checkImageCount(parsed, maxRows);
  return parsed;
}

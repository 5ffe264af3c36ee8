/**
 * @file A request's body to rows, in pandas' split orientation as Azure ML clients send it. Knows shapes and names;
 * the images stay base64 text here.
 *
 * Wider than Azure ML where that only helps: object rows are read by key whatever `columns` says, and both `mask`
 * and `mask_image` are the mask (the model card's own sample mixes them; `mask_image` wins).
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { ParameterReader, RowParameters } from "./parameters.js";
import { preview, quote } from "./preview.js";
import { Problems } from "./problems.js";
import type { InpaintParameters } from "./wire-types.generated.js";

/** Base64 text, and the path to name it by in a message. */
export interface ImageText {
  readonly where: string;
  readonly text: string;
}

/** A row as far as it could be read: what is undefined has its problem recorded. */
export interface RowDraft {
  readonly prompt: string | undefined;
  readonly image: ImageText | undefined;
  readonly maskImage: ImageText | undefined;
  readonly parameters: RowParameters | undefined;
}

export interface ParsedRequest {
  readonly rows: readonly RowDraft[];
  /** Later checks add to these; a request with any problem is refused whole. */
  readonly problems: Problems;
}

export interface ParseOptions {
  readonly maxRows: number;
  readonly maxPromptChars: number;
  readonly parameterReader: ParameterReader;
}

type JsonObject = Readonly<Record<string, unknown>>;
/** One row's value of a column; undefined where it has none. Null is kept. */
type Row = (column: string) => unknown;

const MASK_COLUMNS = ["mask_image", "mask"] as const;
const INPUT_KEYS = ["columns", "data", "index", "parameters"] as const;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only own keys count: `__proto__` and its kin are names like any other. */
function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function refuse(where: string, what: string): never {
  throw new InpaintError("INVALID_INPUT", `${where}: ${what}`);
}

function inputData(body: unknown): JsonObject {
  if (!isObject(body)) {
    throw new InpaintError("BODY_NOT_OBJECT", "POST body should be a JSON dictionary.");
  }
  if (!Object.hasOwn(body, "input_data")) {
    throw new InpaintError("INPUT_DATA_MISSING", "A value is not provided for the 'input_data' parameter.");
  }
  const input = body.input_data;
  if (!isObject(input)) {
    refuse("input_data", `expected an object with columns and data, got ${preview(input)}`);
  }
  return input;
}

function rowsOf(input: JsonObject, maxRows: number): readonly unknown[] {
  const data = own(input, "data");
  if (!Array.isArray(data)) refuse("input_data.data", `expected an array of rows, got ${preview(data)}`);
  if (data.length === 0) refuse("input_data.data", "has no rows");
  if (data.length > maxRows)
    refuse("input_data.data", `has ${data.length} rows; at most ${maxRows} are accepted`);
  return data;
}

function columnsOf(input: JsonObject, problems: Problems): readonly string[] | undefined {
  const columns = own(input, "columns") ?? undefined;
  if (columns === undefined) return undefined;
  if (!Array.isArray(columns) || !columns.every((column): column is string => typeof column === "string")) {
    problems.add("input_data.columns", `expected an array of names, got ${preview(columns)}`);
    return undefined;
  }
  if (new Set(columns).size < columns.length) problems.add("input_data.columns", "names a column twice");
  return columns;
}

function checkIndex(input: JsonObject, rows: number, problems: Problems): void {
  const index = own(input, "index") ?? undefined;
  if (index === undefined) return;
  if (!Array.isArray(index)) problems.add("input_data.index", `expected an array, got ${preview(index)}`);
  else if (index.length !== rows) {
    problems.add("input_data.index", `has ${index.length} entries for ${rows} rows`);
  }
}

function openRow(
  value: unknown,
  where: string,
  columns: readonly string[] | undefined,
  problems: Problems,
): Row | undefined {
  if (isObject(value)) return (column) => own(value, column);
  if (!Array.isArray(value)) {
    problems.add(where, `expected an object or a list, got ${preview(value)}`);
  } else if (columns === undefined) {
    problems.add(where, "a list row needs input_data.columns");
  } else if (value.length !== columns.length) {
    problems.add(where, `has ${value.length} values for ${columns.length} columns`);
  } else {
    const values: readonly unknown[] = value;
    return (column) => {
      const position = columns.indexOf(column);
      return position < 0 ? undefined : values[position];
    };
  }
  return undefined;
}

function readText(row: Row, column: string, where: string, problems: Problems): string | undefined {
  const value = row(column) ?? undefined;
  if (typeof value === "string") return value;
  problems.add(
    `${where}.${column}`,
    value === undefined ? "missing" : `expected text, got ${preview(value)}`,
  );
  return undefined;
}

function readPrompt(row: Row, where: string, maxChars: number, problems: Problems): string | undefined {
  const prompt = readText(row, "prompt", where, problems);
  if (prompt === undefined || prompt.length <= maxChars) return prompt;
  problems.add(`${where}.prompt`, `has ${prompt.length} characters; at most ${maxChars} are accepted`);
  return undefined;
}

function readImage(row: Row, column: string, where: string, problems: Problems): ImageText | undefined {
  const text = readText(row, column, where, problems);
  return text === undefined ? undefined : { where: `${where}.${column}`, text };
}

function refuseUnknownKeys(
  object: JsonObject,
  known: readonly string[],
  where: string,
  noun: string,
  problems: Problems,
): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    problems.add(where, `unknown ${noun} ${quote(key)}; known are ${known.join(", ")}`);
  }
}

function commonParameters(
  input: JsonObject,
  reader: ParameterReader,
  problems: Problems,
): InpaintParameters | undefined {
  const given = own(input, "parameters") ?? {};
  const where = "input_data.parameters";
  if (!isObject(given)) {
    problems.add(where, `expected an object, got ${preview(given)}`);
    return undefined;
  }
  refuseUnknownKeys(given, reader.names, where, "parameter", problems);
  return reader.read((name) => own(given, name), where, problems);
}

/** Each image of a row is a job and a row of the answer, so it counts as a row. */
function checkImageCount(rows: readonly RowDraft[], maxRows: number, problems: Problems): void {
  const images = rows.reduce((sum, { parameters }) => sum + (parameters?.imageCount ?? 1), 0);
  if (images > maxRows) {
    problems.add("input_data.data", `asks for ${images} images; at most ${maxRows} are made in one request`);
  }
}

/**
 * The rows of `body`, any JSON value. Throws InpaintError BODY_NOT_OBJECT, INPUT_DATA_MISSING or, where no row can
 * be looked at, INVALID_INPUT; what is wrong in single rows is in the result's `problems`.
 */
export function parseRequest(body: unknown, options: ParseOptions): ParsedRequest {
  const { maxRows, maxPromptChars, parameterReader } = options;
  const input = inputData(body);
  const data = rowsOf(input, maxRows);
  const problems = new Problems();
  refuseUnknownKeys(input, INPUT_KEYS, "input_data", "key", problems);
  const columns = columnsOf(input, problems);
  checkIndex(input, data.length, problems);
  const common = commonParameters(input, parameterReader, problems);

  const rows = data.map((value, i): RowDraft => {
    const where = `data[${i}]`;
    const row = openRow(value, where, columns, problems);
    if (row === undefined) {
      return { prompt: undefined, image: undefined, maskImage: undefined, parameters: undefined };
    }
    const maskColumn =
      MASK_COLUMNS.find((column) => (row(column) ?? undefined) !== undefined) ?? MASK_COLUMNS[0];
    const prompt = readPrompt(row, where, maxPromptChars, problems);
    const image = readImage(row, "image", where, problems);
    const maskImage = readImage(row, maskColumn, where, problems);
    // Columns that are no parameter are data of the caller's own, and ignored as on Azure ML.
    const ofRow = parameterReader.read(row, where, problems);
    const parameters = common && ofRow && parameterReader.resolve(common, ofRow, where, problems);
    return { prompt, image, maskImage, parameters };
  });
  checkImageCount(rows, maxRows, problems);
  return { rows, problems };
}

/**
 * @file Where in a body the rows are and in which shape: Azure ML's `input_data`, or one of the four keys of MLflow's
 * scoring server. Knows keys and shapes; reads no row.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { columnTable } from "./column-table.js";
import { isObject, type JsonObject } from "./json-object.js";
import { preview } from "./preview.js";
import { MODEL_COLUMNS, type RequestTable, refuse, type TableOptions } from "./request-table.js";
import { rowListTable } from "./row-list.js";
import { splitTable } from "./split-table.js";

interface Shapes {
  /** May be a list of rows. */
  readonly rows: boolean;
  /** May be pandas' split orientation. */
  readonly split: boolean;
  /** May be an object of columns, or of the values of one row. */
  readonly columns: boolean;
  /** All of it in words that follow "expected". */
  readonly expected: string;
}

const SHAPES: Readonly<Record<string, Shapes>> = {
  input_data: {
    rows: true,
    split: true,
    columns: true,
    expected: "an object with columns and data, an object of columns, or a list of rows",
  },
  dataframe_split: { rows: false, split: true, columns: false, expected: "an object with columns and data" },
  dataframe_records: { rows: true, split: false, columns: false, expected: "a list of rows" },
  instances: { rows: true, split: false, columns: false, expected: "a list of rows" },
  inputs: { rows: true, split: false, columns: true, expected: "an object of columns, or a list of rows" },
};

export interface FoundTable {
  readonly table: RequestTable;
  /** The key of the body that it is under. */
  readonly name: string;
  /** What is there. */
  readonly input: unknown;
}

/** An object that has a column of the model's, and neither of the keys that only the split orientation has. */
function liesByColumn(input: JsonObject): boolean {
  if (Object.hasOwn(input, "data") || Object.hasOwn(input, "columns")) return false;
  return MODEL_COLUMNS.some((column) => Object.hasOwn(input, column));
}

function tableKey(body: JsonObject): readonly [name: string, shapes: Shapes] {
  const [key, ...others] = Object.entries(SHAPES).filter(([name]) => Object.hasOwn(body, name));
  if (key === undefined) {
    throw new InpaintError("INPUT_DATA_MISSING", "A value is not provided for the 'input_data' parameter.");
  }
  if (others.length > 0) {
    const all = [key, ...others].map(([name]) => name).join(", ");
    throw new InpaintError(
      "INVALID_INPUT",
      `the rows are given more than once, under ${all}; send one of them`,
    );
  }
  return key;
}

/** Throws InpaintError INPUT_DATA_MISSING, or INVALID_INPUT where no row can be looked at. */
export function findTable(
  body: JsonObject,
  parameterNames: readonly string[],
  options: Omit<TableOptions, "name">,
): FoundTable {
  const [name, { rows, split, columns, expected }] = tableKey(body);
  const input = body[name];
  const of = { ...options, name };
  if (rows && Array.isArray(input)) return { name, input, table: rowListTable(input, of) };
  if (isObject(input)) {
    if (columns && (!split || liesByColumn(input))) {
      const table = columnTable(input, { ...of, columns: [...MODEL_COLUMNS, ...parameterNames] });
      return { name, input, table };
    }
    if (split) return { name, input, table: splitTable(input, of) };
  }
  return refuse(name, `expected ${expected}, got ${preview(input)}`);
}

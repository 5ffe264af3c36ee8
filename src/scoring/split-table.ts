/** @file Rows in pandas' split orientation: `columns`, `index` and `data`. Knows its keys and no column. */
import { type JsonObject, own, refuseUnknownKeys } from "./json-object.js";
import { PARAMETER_KEYS } from "./parameter-keys.js";
import { preview } from "./preview.js";
import type { Problems } from "./problems.js";
import { checkRowCount, type RequestTable, refuse, type TableOptions } from "./request-table.js";
import { type ListColumns, listColumns, tableOfRows } from "./row-list.js";

const KEYS = ["columns", "data", "index", ...PARAMETER_KEYS];

function columnsOf(input: JsonObject, where: string, problems: Problems): ListColumns | undefined {
  const columns = own(input, "columns") ?? undefined;
  if (columns === undefined) return undefined;
  if (!Array.isArray(columns) || !columns.every((column): column is string => typeof column === "string")) {
    problems.add(where, `expected an array of names, got ${preview(columns)}`);
    return undefined;
  }
  const named = listColumns(columns);
  if (named.position.size < named.count) problems.add(where, "names a column twice");
  return named;
}

/** Of what is in the index only the number counts: it names nothing in the answer. */
function checkIndex(input: JsonObject, where: string, rows: number, problems: Problems): void {
  const index = own(input, "index") ?? undefined;
  if (index === undefined) return;
  if (!Array.isArray(index)) problems.add(where, `expected an array, got ${preview(index)}`);
  else if (index.length !== rows) problems.add(where, `has ${index.length} entries for ${rows} rows`);
}

/** Throws InpaintError INVALID_INPUT where there are no rows to look at. */
export function splitTable(input: JsonObject, { name, maxRows, problems }: TableOptions): RequestTable {
  const where = `${name}.data`;
  const data = own(input, "data");
  if (!Array.isArray(data)) refuse(where, `expected an array of rows, got ${preview(data)}`);
  checkRowCount(data.length, where, maxRows);
  refuseUnknownKeys(input, KEYS, name, "key", problems);
  const columns = columnsOf(input, `${name}.columns`, problems);
  checkIndex(input, `${name}.index`, data.length, problems);
  const prefix = name === "input_data" ? "data" : where;
  return tableOfRows(data, columns, { where, prefix, needed: `${name}.columns` });
}

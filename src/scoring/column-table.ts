/**
 * @file Rows that lie by column: an object of lists, of objects by row label (pandas' `to_dict()`), or of the single
 * values of one row. Knows columns by the names it is given; looks at no value.
 */
import { isObject, type JsonObject, own } from "./json-object.js";
import { preview, quote } from "./preview.js";
import { checkRowCount, MODEL_COLUMNS, type RequestTable, type TableOptions } from "./request-table.js";

export interface ColumnTableOptions extends TableOptions {
  /** The columns that are read; others are data of the caller's own. */
  readonly columns: readonly string[];
}

/** A column that holds something. */
interface Column {
  readonly name: string;
  readonly values: unknown;
}

/** Keys that a JSON object may give back in ascending order, whatever their order in the text. */
const WHOLE_NUMBER = /^(0|[1-9][0-9]{0,9})$/;

function filledColumns(input: JsonObject, columns: readonly string[]): readonly Column[] {
  return columns
    .map((name) => ({ name, values: own(input, name) ?? undefined }))
    .filter(({ values }) => values !== undefined);
}

function singleRow(input: JsonObject, where: string): RequestTable {
  const open = () => (column: string) => own(input, column);
  return { where, rows: [{ where, place: (column) => `${where}.${column}`, open }] };
}

function listTable(
  input: JsonObject,
  first: string,
  rowCount: number,
  { name, maxRows, problems, columns }: ColumnTableOptions,
): RequestTable {
  checkRowCount(rowCount, `${name}.${first}`, maxRows);
  const lists = new Map<string, readonly unknown[]>();
  let isRagged = false;
  for (const { name: column, values } of filledColumns(input, columns)) {
    if (Array.isArray(values) && values.length === rowCount) {
      lists.set(column, values);
      continue;
    }
    isRagged = true;
    const got = Array.isArray(values) ? `has ${values.length} values` : `is no list but ${preview(values)}`;
    problems.add(`${name}.${column}`, `${got}; ${first} is a list of ${rowCount}`);
  }
  const rowIndices = isRagged ? [] : Array.from({ length: rowCount }, (_, i) => i);
  const rows = rowIndices.map((i) => ({
    where: `${name}, row ${i}`,
    place: (column: string) => `${name}.${column}[${i}]`,
    open: () => (column: string) => lists.get(column)?.[i],
  }));
  return { where: name, rows };
}

function labelledTable(
  input: JsonObject,
  first: string,
  labels: readonly string[],
  { name, maxRows, problems, columns }: ColumnTableOptions,
): RequestTable {
  checkRowCount(labels.length, `${name}.${first}`, maxRows);
  const byLabel = new Map<string, JsonObject>();
  let isRagged = false;
  function addRagged(column: string, what: string): void {
    isRagged = true;
    problems.add(`${name}.${column}`, what);
  }
  // One row has no order to lose. With several the answer would be in another order than the caller's frame.
  const unordered = labels.length > 1 ? labels.find((label) => WHOLE_NUMBER.test(label)) : undefined;
  if (unordered !== undefined) {
    addRagged(
      first,
      `rows labelled by whole numbers, as ${quote(unordered)}, lose their order in a JSON object; ` +
        "send each column as a list",
    );
  }
  for (const { name: column, values } of filledColumns(input, columns)) {
    if (!isObject(values)) {
      addRagged(column, `is no object but ${preview(values)}; ${first} is an object by row label`);
      continue;
    }
    const lacking = labels.find((label) => !Object.hasOwn(values, label));
    const count = Object.keys(values).length;
    if (lacking !== undefined) addRagged(column, `lacks the row label ${quote(lacking)} of ${first}`);
    else if (count > labels.length) {
      addRagged(column, `has ${count} row labels; ${first} has ${labels.length}`);
    } else byLabel.set(column, values);
  }
  const rows = (isRagged ? [] : labels).map((label) => ({
    where: `${name}, row ${quote(label)}`,
    place: (column: string) => `${name}.${column}[${quote(label)}]`,
    open: () => (column: string) => {
      const values = byLabel.get(column);
      return values && own(values, label);
    },
  }));
  return { where: name, rows };
}

/**
 * What the first of prompt, image, mask_image and mask holds says which kind it is. Throws InpaintError INVALID_INPUT
 * for no rows or too many; where columns do not fit together there is a problem and no row.
 */
export function columnTable(input: JsonObject, options: ColumnTableOptions): RequestTable {
  const [first] = filledColumns(input, MODEL_COLUMNS);
  if (first !== undefined) {
    const { name, values } = first;
    if (Array.isArray(values)) return listTable(input, name, values.length, options);
    if (isObject(values)) return labelledTable(input, name, Object.keys(values), options);
  }
  return singleRow(input, options.name);
}

/** @file A list of rows, each an object read by key or a list read by position. Knows no column. */
import { isObject, own } from "./json-object.js";
import { preview } from "./preview.js";
import type { Problems } from "./problems.js";
import {
  checkRowCount,
  type Look,
  type RequestTable,
  SIGNATURE,
  type TableOptions,
} from "./request-table.js";

/** What the values of a list row are. */
export interface ListColumns {
  readonly count: number;
  readonly position: ReadonlyMap<string, number>;
}

export function listColumns(names: readonly string[]): ListColumns {
  return { count: names.length, position: new Map(names.map((name, i) => [name, i])) };
}

function openRow(
  value: unknown,
  where: string,
  columns: ListColumns | undefined,
  needed: string,
  problems: Problems,
): Look | undefined {
  if (isObject(value)) return (column) => own(value, column);
  if (!Array.isArray(value)) {
    problems.add(where, `expected an object or a list, got ${preview(value)}`);
  } else if (columns === undefined) {
    problems.add(where, `a list row needs ${needed}`);
  } else if (value.length !== columns.count) {
    problems.add(where, `has ${value.length} values for ${columns.count} columns`);
  } else {
    const values: readonly unknown[] = value;
    return (column) => {
      const position = columns.position.get(column);
      return position === undefined ? undefined : values[position];
    };
  }
  return undefined;
}

export interface RowListNames {
  /** The list itself. */
  readonly where: string;
  /** Row 1 is named `prefix[1]`. */
  readonly prefix: string;
  /** What list rows need where there are no columns. */
  readonly needed: string;
}

/** Object rows are read by key, whatever `columns` says. */
export function tableOfRows(
  list: readonly unknown[],
  columns: ListColumns | undefined,
  { where, prefix, needed }: RowListNames,
): RequestTable {
  const rows = list.map((value, i) => {
    const row = `${prefix}[${i}]`;
    return {
      where: row,
      place: (column: string) => `${row}.${column}`,
      open: (problems: Problems) => openRow(value, row, columns, needed, problems),
    };
  });
  return { where, rows };
}

const SIGNATURE_COLUMNS = listColumns(SIGNATURE);

/** A list that comes without names: list rows are prompt, image, mask_image. Throws InpaintError INVALID_INPUT. */
export function rowListTable(list: readonly unknown[], { name, maxRows }: TableOptions): RequestTable {
  checkRowCount(list.length, name, maxRows);
  return tableOfRows(list, SIGNATURE_COLUMNS, { where: name, prefix: name, needed: "names" });
}

/**
 * @file A request's rows by name, whatever shape they came in: what every shape is read as. Knows no shape, and of the
 * columns only the names of those that are no parameter.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { Problems } from "./problems.js";

/** The order of a list row that comes without names: the model's signature. */
export const SIGNATURE = ["prompt", "image", "mask_image"] as const;
/** Both are the mask (the model card's own sample mixes them). The first that a row has wins. */
export const MASK_COLUMNS = ["mask_image", "mask"] as const;
/** Each column that a row is made of, parameters aside. */
export const MODEL_COLUMNS = [...SIGNATURE, "mask"] as const;

/** One row's value of a column; undefined where it has none. Null is kept. */
export type Look = (column: string) => unknown;

/** Names a row and its values as the caller wrote them. */
export interface RowPlace {
  /** As `data[1]`. */
  readonly where: string;
  /** As `data[1].image`. */
  readonly place: (column: string) => string;
}

export interface TableRow extends RowPlace {
  /** Undefined where the row is no row at all; the problem is added. */
  readonly open: (problems: Problems) => Look | undefined;
}

export interface RequestTable {
  /** All rows together, as `input_data.data`. */
  readonly where: string;
  /** None where they could not be told apart; the problem is added. */
  readonly rows: readonly TableRow[];
}

export interface TableOptions {
  /** The key of the body that holds the rows. */
  readonly name: string;
  readonly maxRows: number;
  readonly problems: Problems;
}

export function refuse(where: string, what: string): never {
  throw new InpaintError("INVALID_INPUT", `${where}: ${what}`, { places: [where] });
}

/** Throws InpaintError INVALID_INPUT. To be called before anything is done that takes longer the more rows there are. */
export function checkRowCount(count: number, where: string, maxRows: number): void {
  if (count === 0) refuse(where, "has no rows");
  if (count > maxRows) refuse(where, `has ${count} rows; at most ${maxRows} are accepted`);
}

/**
 * @file Random tables, and requests that hold one in any shape. For property tests: what a table means is here, what a
 * request means is the parser's to say.
 */
import fc from "fast-check";
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";

export type Json = unknown;
export type JsonRecord = Record<string, Json>;

export interface TableRecord {
  readonly prompt: string;
  readonly image: string;
  readonly mask: string;
  /** Columns of its own that are parameters. */
  readonly parameters: Readonly<Record<string, Json>>;
}

/** What a request asks for, whatever its shape. */
export interface Table {
  readonly rows: readonly TableRecord[];
  /** For every row. */
  readonly common: Readonly<Record<string, Json>>;
}

/** How it is written. */
export interface Writing {
  readonly maskName: "mask" | "mask_image" | "both";
  /** Sorts the columns. */
  readonly columnOrder: readonly number[];
  /** Of each common parameter: the place that counts, of those that the shape has. Lesser ones hold a decoy. */
  readonly places: readonly number[];
  /** A column of the caller's own. */
  readonly ownColumn: string | undefined;
  readonly hasIndex: boolean;
}

interface Property {
  readonly type?: readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
}

function valueIn({ type = [], enum: values, minimum = 0, maximum = 0 }: Property): fc.Arbitrary<Json> {
  if (values !== undefined) return fc.constantFrom(...values.filter((value) => value !== null));
  if (type.includes("boolean")) return fc.boolean();
  if (type.includes("string")) return fc.string({ unit: "grapheme", maxLength: 20 });
  if (type.includes("integer")) return fc.integer({ min: minimum, max: maximum });
  return fc.double({ min: minimum, max: maximum, noNaN: true }).map((x) => (Object.is(x, -0) ? 0 : x));
}

/** These make sense with some others only. A count of images would use up the rows. */
const APART = ["output_quality", "mask_feather", "preserve_unmasked", "num_images_per_prompt"];
const PARAMETERS = Object.entries<Property>(INPAINT_PARAMETERS_SCHEMA.properties).filter(
  ([name]) => !APART.includes(name),
);
export const PARAMETER_NAMES = PARAMETERS.map(([name]) => name);

const parameters = fc.record(
  Object.fromEntries(PARAMETERS.map(([name, property]) => [name, valueIn(property)])),
  { requiredKeys: [] },
);
const fewParameters = fc
  .tuple(parameters, fc.subarray(PARAMETER_NAMES, { maxLength: 3 }))
  .map(([all, names]) =>
    Object.fromEntries(names.filter((name) => name in all).map((name) => [name, all[name]])),
  );

export const tables: fc.Arbitrary<Table> = fc.record({
  rows: fc.array(
    fc.record({
      prompt: fc.string({ unit: "grapheme", maxLength: 20 }),
      image: fc.string({ minLength: 1 }),
      mask: fc.string({ minLength: 1 }),
      parameters: fewParameters,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  common: fewParameters,
});

export const writings: fc.Arbitrary<Writing> = fc.record({
  maskName: fc.constantFrom("mask", "mask_image", "both"),
  columnOrder: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  places: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
  ownColumn: fc.option(fc.constantFrom("id", "__proto__", "constructor", "hasOwnProperty", "", "index"), {
    nil: undefined,
  }),
  hasIndex: fc.boolean(),
});

/** Own keys only, `__proto__` among them. */
function fromEntries(entries: readonly (readonly [string, Json])[]): JsonRecord {
  return Object.fromEntries(entries);
}

/** The columns of all rows, in the order that `writing` says. */
function columnsOf({ rows }: Table, { maskName, columnOrder, ownColumn }: Writing): readonly string[] {
  const masks = maskName === "both" ? ["mask", "mask_image"] : [maskName];
  const own = ownColumn === undefined ? [] : [ownColumn];
  const ofRows = new Set(rows.flatMap((row) => Object.keys(row.parameters)));
  return ["prompt", "image", ...masks, ...own, ...ofRows]
    .map((name, i) => ({ name, order: columnOrder[i % columnOrder.length] ?? 0 }))
    .sort((a, b) => a.order - b.order)
    .map(({ name }) => name);
}

function cell(row: TableRecord, column: string, { maskName }: Writing): Json {
  if (column === "prompt") return row.prompt;
  if (column === "image") return row.image;
  if (column === "mask_image") return row.mask;
  if (column === "mask") return maskName === "both" ? "the other one" : row.mask;
  return Object.hasOwn(row.parameters, column) ? row.parameters[column] : null;
}

type Write = (table: Table, writing: Writing) => Json;

const records: Write = (table, writing) =>
  table.rows.map((row) =>
    fromEntries(columnsOf(table, writing).map((name) => [name, cell(row, name, writing)])),
  );

const lists: Write = (table, writing) =>
  table.rows.map((row) => columnsOf(table, writing).map((name) => cell(row, name, writing)));

const indexOf = ({ rows }: Table, { hasIndex }: Writing) =>
  hasIndex ? { index: rows.map((_, i) => -i) } : {};

const splitLists: Write = (table, writing) => ({
  columns: columnsOf(table, writing),
  data: lists(table, writing),
  ...indexOf(table, writing),
});

const splitRecords: Write = (table, writing) => ({
  data: records(table, writing),
  ...indexOf(table, writing),
});

const listColumns: Write = (table, writing) =>
  fromEntries(
    columnsOf(table, writing).map((name) => [name, table.rows.map((row) => cell(row, name, writing))]),
  );

/** The labels of the first column tell the order; those of the others may stand in any. */
const labelledColumns: Write = (table, writing) => {
  const labels = table.rows.map((_, i) => ({ label: `r${i}`, i }));
  return fromEntries(
    columnsOf(table, writing).map((name) => [
      name,
      fromEntries(
        (name === "prompt" ? labels : labels.toReversed()).map(({ label, i }) => {
          const row = table.rows[i];
          return [label, row && cell(row, name, writing)];
        }),
      ),
    ]),
  );
};

interface Shape {
  readonly write: Write;
  /** Has places for parameters of its own. */
  readonly hasRoom: boolean;
  readonly keys: readonly string[];
}

export const SHAPES: Readonly<Record<string, Shape>> = {
  "split, lists": { write: splitLists, hasRoom: true, keys: ["input_data", "dataframe_split"] },
  "split, records": { write: splitRecords, hasRoom: true, keys: ["input_data", "dataframe_split"] },
  records: {
    write: records,
    hasRoom: false,
    keys: ["input_data", "dataframe_records", "instances", "inputs"],
  },
  "columns of lists": { write: listColumns, hasRoom: true, keys: ["input_data", "inputs"] },
  "columns by label": { write: labelledColumns, hasRoom: true, keys: ["input_data", "inputs"] },
};

/** A good value that another place overrules. */
const DECOY = {
  num_inference_steps: 3,
  seed: 3,
  negative_prompt: "decoy",
  scheduler: "LCM",
  output_format: "webp",
};

/** Each request that holds `table`, one for each key and shape. */
export function requestsOf(
  table: Table,
  writing: Writing,
): readonly { readonly what: string; readonly body: JsonRecord }[] {
  return Object.entries(SHAPES).flatMap(([shape, { write, hasRoom, keys }]) =>
    keys.map((key) => {
      const places: JsonRecord[] = Array.from({ length: hasRoom ? 4 : 2 }, () => ({}));
      for (const [i, [name, value]] of Object.entries(table.common).entries()) {
        const counts = (writing.places[i % writing.places.length] ?? 0) % places.length;
        for (const [j, place] of places.entries()) {
          if (j === counts) place[name] = value;
          else if (j < counts && name in DECOY)
            Object.assign(place, fromEntries(Object.entries(DECOY).filter(([of]) => of === name)));
          else if (j > counts) place[name] = null;
        }
      }
      const [params, parameters, innerParams, innerParameters] = places;
      const input = write(table, writing);
      const inner = hasRoom ? { params: innerParams, parameters: innerParameters } : {};
      return {
        what: `${shape} under ${key}`,
        body: {
          params,
          parameters,
          // not by spread alone: a column may be called __proto__
          [key]: Array.isArray(input)
            ? input
            : fromEntries([...Object.entries(Object(input)), ...Object.entries(inner)]),
        },
      };
    }),
  );
}

/** Any request for a random table. */
export const requests: fc.Arbitrary<JsonRecord> = fc
  .tuple(tables, writings, fc.nat())
  .map(([table, writing, pick]) => {
    const all = requestsOf(table, writing);
    return all[pick % all.length]?.body ?? {};
  });

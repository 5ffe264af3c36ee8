/** @file The refusals of requests that the public schema accepts, as its description tells of them. Knows the shapes that matter. */
import { z } from "zod";

const UNSAID: readonly RegExp[] = [
  /: has \d+ (?:values|entries|row labels)/,
  /: lacks the row label /,
  /: has no meaning /,
  /: asks for \d+ images/,
  // ajv's uniqueItems does not see a second `__proto__`
  /^\w+\.columns: names a column twice$/,
  // columns that have text under neither mask
  /^inp\w+\.mask(?:_image)?\[.*\]: (?:missing|expected text)/,
];
/** Such a row under `columns` has values of any kind. */
const OF_LIST_ROWS = /^(?:dataframe_split\.)?data\[\d+\]\.\w+: /;

const split = z
  .looseObject({ data: z.array(z.unknown()) })
  .optional()
  .catch(undefined);
const splits = z.object({ input_data: split, dataframe_split: split });

/** Whether the schema cannot say what `body` is refused with. */
export function isUnsaid(refusal: string, body: unknown): boolean {
  const { input_data, dataframe_split } = splits.parse(body);
  const hasListRow = [input_data, dataframe_split].some((each) => each?.data.some(Array.isArray));
  return UNSAID.some((unsaid) => unsaid.test(refusal)) || (hasListRow && OF_LIST_ROWS.test(refusal));
}

/** One for each place that the message of a 400 names. */
export const refusals = (message: string): readonly string[] =>
  message.split(/; (?=(?:data|input|instances|param))/);

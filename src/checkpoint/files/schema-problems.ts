/**
 * @file What is wrong with data that a schema refuses, in a few words however much it is; and schemas of long lists
 * that stop at the first wrong entry. Knows no file.
 */
import { z } from "zod";

const MAX_SHOWN = 8;
const MAX_CHARS = 1000;

/** One line of bounded length: the first few problems, each with the key it is at. */
export function schemaProblems({ issues }: z.core.$ZodError): string {
  const text = z.prettifyError(new z.core.$ZodError(issues.slice(0, MAX_SHOWN))).replaceAll("\n", " ");
  const shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
  return issues.length > MAX_SHOWN ? `${shown}; and ${issues.length - MAX_SHOWN} more` : shown;
}

/** A list of any length. One issue at most: zod's own array makes one of every entry, which can be millions. */
export const longList = <T>(entry: z.ZodType<T>) =>
  z.array(z.unknown()).transform((list, context): readonly T[] => {
    const checked: T[] = [];
    for (const value of list) {
      const result = entry.safeParse(value);
      if (!result.success) {
        context.addIssue({
          code: "custom",
          message: `entry ${checked.length}: ${schemaProblems(result.error)}`,
        });
        return z.NEVER;
      }
      checked.push(result.data);
    }
    return checked;
  });

/** An object of any number of keys, likewise. */
export const longRecord = <T>(entry: z.ZodType<T>) =>
  z.record(z.string(), z.unknown()).transform((record, context): Readonly<Record<string, T>> => {
    const checked: [string, T][] = [];
    for (const [key, value] of Object.entries(record)) {
      const result = entry.safeParse(value);
      if (!result.success) {
        const shown = JSON.stringify(key.slice(0, 80));
        context.addIssue({ code: "custom", message: `${shown}: ${schemaProblems(result.error)}` });
        return z.NEVER;
      }
      checked.push([key, result.data]);
    }
    return Object.fromEntries(checked);
  });

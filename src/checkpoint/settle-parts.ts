/** @file Waits for all parts of a checkpoint, so that an operator hears of everything that is wrong at once. */
import { InpaintError } from "../errors/inpaint-error.js";

/**
 * What `parts` fulfil to. Where one fails its error is thrown; where several do, one INVALID_CHECKPOINT with all
 * messages, whose cause is an AggregateError of them.
 */
export async function settleParts<Parts extends readonly unknown[]>(
  parts: {
    readonly [Index in keyof Parts]: Promise<Parts[Index]>;
  },
): Promise<{ -readonly [Index in keyof Parts]: Parts[Index] }> {
  const settled = await Promise.allSettled(parts);
  const reasons = settled.flatMap((part) => (part.status === "rejected" ? [part.reason] : []));
  const foreign = reasons.find((reason) => !(reason instanceof InpaintError));
  if (foreign !== undefined) throw foreign;
  if (reasons.length > 1) {
    const problems = new AggregateError(reasons);
    const message = problemsOf(problems).join("; ");
    throw new InpaintError("INVALID_CHECKPOINT", message, { cause: problems });
  }
  return Promise.all(parts);
}

/** The messages behind an error that `settleParts` may have thrown: one or several. */
export function problemsOf(error: unknown): readonly string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(problemsOf);
  if (error instanceof Error && error.cause instanceof AggregateError) return problemsOf(error.cause);
  return [error instanceof Error ? error.message : String(error)];
}

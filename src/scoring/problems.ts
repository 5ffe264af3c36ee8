/** @file Everything that is wrong with a request, gathered before it is refused. Knows no rule of what is wrong. */
import { InpaintError } from "../errors/inpaint-error.js";

/**
 * A message names this many problems: every field (prompt, image, mask and six parameters) of as many rows as MAX_ROWS
 * can allow, 256, and as many again as a row has for what stands beside the rows. Only unknown names could be more.
 */
export const MAX_NAMED_PROBLEMS = 257 * 9;
/** Above what any real problem says; with the number above it keeps a reply below 1 MB. */
const MAX_PROBLEM_CHARS = 400;

export class Problems {
  readonly #named: string[] = [];
  #count = 0;

  /** `where` is a path into `input_data`, as `data[1].mask_image`. */
  add(where: string, what: string): void {
    this.#count++;
    if (this.#named.length >= MAX_NAMED_PROBLEMS) return;
    const problem = `${where}: ${what}`;
    this.#named.push(
      problem.length > MAX_PROBLEM_CHARS ? `${problem.slice(0, MAX_PROBLEM_CHARS)}…` : problem,
    );
  }

  /** Throws InpaintError INVALID_INPUT naming the problems, if there are any. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const more = this.#count - this.#named.length;
    const named = this.#named.join("; ");
    throw new InpaintError("INVALID_INPUT", more > 0 ? `${named}; and ${more} more` : named);
  }
}

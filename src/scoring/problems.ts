/** @file Everything that is wrong with a request, gathered before it is refused. Knows no rule of what is wrong. */
import { InpaintError } from "../errors/inpaint-error.js";

/**
 * Problems are named until the message has this many characters. It is enough for every field (prompt, image, mask and
 * all parameters) of as many rows as MAX_ROWS can allow, 256: only unknown names could be more.
 */
export const MAX_MESSAGE_CHARS = 1_000_000;
/** Above what any real problem says. */
const MAX_PROBLEM_CHARS = 400;

export class Problems {
  readonly #named: string[] = [];
  #chars = 0;
  #count = 0;

  /** `where` is a path in the caller's own body, as `data[1].mask_image`; that of split rows begins at `data`. */
  add(where: string, what: string): void {
    this.#count++;
    if (this.#chars >= MAX_MESSAGE_CHARS) return;
    const problem = `${where}: ${what}`;
    const shown = problem.length > MAX_PROBLEM_CHARS ? `${problem.slice(0, MAX_PROBLEM_CHARS)}…` : problem;
    this.#named.push(shown);
    this.#chars += shown.length;
  }

  get none(): boolean {
    return this.#count === 0;
  }

  /** Throws InpaintError INVALID_INPUT naming the problems, if there are any. */
  throwIfAny(): void {
    if (this.none) return;
    const more = this.#count - this.#named.length;
    const named = this.#named.join("; ");
    throw new InpaintError("INVALID_INPUT", more > 0 ? `${named}; and ${more} more` : named);
  }
}

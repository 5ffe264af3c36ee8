/** @file Everything that is wrong with a request, gathered before it is refused. Knows no rule of what is wrong. */
import { InpaintError } from "../errors/inpaint-error.js";

/**
 * Of the whole message, which a request of a few kilobytes can ask for: problems are named while they fit, and counted
 * then. There is room for every field (prompt, image, mask and all parameters) of more rows than MAX_ROWS is by default.
 */
export const MAX_MESSAGE_CHARS = 65_536;
/** Above what any real problem says. */
const MAX_PROBLEM_CHARS = 1000;
/** Kept free for how many more there are. */
const COUNT_CHARS = 40;
/** A log line is no place for all of them. */
const MAX_PLACES = 20;

const SEPARATOR = "; ";

/** A row's label is the caller's own, which is not for the log: it is all that stands in quotes. */
export function loggedPlace(where: string): string {
  const quoted = where.indexOf('"');
  if (quoted < 0) return where;
  return `${where.slice(0, quoted)}"…"${where.endsWith("]") ? "]" : ""}`;
}

export class Problems {
  readonly #named: string[] = [];
  readonly #places = new Set<string>();
  #chars = 0;
  #count = 0;
  #full = false;

  /** `where` is a path in the caller's own body, as `data[1].mask_image`; that of split rows begins at `data`. */
  add(where: string, what: string): void {
    this.#count++;
    if (this.#places.size < MAX_PLACES) this.#places.add(loggedPlace(where));
    if (this.#full) return;
    const problem = `${where}: ${what}`;
    const shown = problem.length > MAX_PROBLEM_CHARS ? `${problem.slice(0, MAX_PROBLEM_CHARS)}…` : problem;
    this.#chars += shown.length + SEPARATOR.length;
    // Once one is left out, so are all that follow: those that are named are the first.
    this.#full = this.#chars > MAX_MESSAGE_CHARS - COUNT_CHARS;
    if (!this.#full) this.#named.push(shown);
  }

  get none(): boolean {
    return this.#count === 0;
  }

  /** Throws InpaintError INVALID_INPUT naming the problems, if there are any. */
  throwIfAny(): void {
    if (this.none) return;
    const more = this.#count - this.#named.length;
    const named = this.#named.join(SEPARATOR);
    throw new InpaintError("INVALID_INPUT", more > 0 ? `${named}; and ${more} more` : named, {
      places: [...this.#places],
    });
  }
}

/**
 * @file Server-Sent Events as a stream that is read at the client's pace: what waits is the latest of each kind, not
 * all that happened. Knows the format (WHATWG HTML, "Server-sent events"); knows no event of scoring.
 */
import { Readable } from "node:stream";
import { turn } from "../../async/turn.js";

/** `data` is JSON text, which has no line break. */
export function formatEvent(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}

export class EventStream extends Readable {
  /** By key, each made into text when it can be sent. */
  readonly #waiting = new Map<number, () => string>();
  readonly #keepAlive: NodeJS.Timeout;
  #wanted = false;
  #last: Iterator<string> | undefined;
  #resting = false;

  /** `keepAliveMs`: a comment line follows every so many milliseconds, so that nobody between takes silence for death. */
  constructor(keepAliveMs: number) {
    super({ encoding: "utf8" });
    this.#keepAlive = setInterval(() => this.#stayAlive(), keepAliveMs);
    this.push(":\n\n"); // a comment: with it the head of the answer leaves at once
  }

  /** Send what `text` returns, once the client reads; until then a later offer of the same `key` takes its place. */
  offer(key: number, text: () => string): void {
    if (this.#last !== undefined || this.destroyed) return;
    this.#waiting.set(key, text);
    this.#pump();
  }

  /**
   * Send `texts`, each made when the client has read what is before it and in a turn of the event loop of its own, and
   * end. What still waits is dropped: these are what the client came for.
   */
  finish(texts: readonly string[] | Generator<string>): void {
    if (this.#last !== undefined || this.destroyed) return;
    clearInterval(this.#keepAlive);
    this.#waiting.clear();
    this.#last = texts[Symbol.iterator]();
    this.#pump();
  }

  override _read(): void {
    this.#wanted = true;
    this.#pump();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#keepAlive);
    this.#waiting.clear();
    done(error);
  }

  #pump(): void {
    for (const [key, text] of this.#waiting) {
      if (!this.#wanted) return;
      this.#waiting.delete(key);
      this.#wanted = this.push(text());
    }
    if (!this.#wanted || this.#last === undefined || this.#resting || this.destroyed) return;
    // However fast the client reads, others have their turn between two pieces.
    this.#resting = true;
    void turn().then(() => {
      this.#resting = false;
      this.#pump();
    });
    const { value, done } = this.#last.next();
    this.#wanted = this.push(done ? null : value);
  }

  #stayAlive(): void {
    if (this.#wanted) this.#wanted = this.push(": keep-alive\n\n");
  }
}

/** @file A request as a generator makes it and a client sends it, byte for byte. Knows no meaning of either. */

/** What of a body a counterexample shows. */
const SHOWN_BYTES = 4000;
const SHOWN_HEADER_CHARS = 200;

export class SentRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Its length is not announced. */
  readonly isChunked: boolean;

  constructor(path: string, headers: Readonly<Record<string, string>>, body: Buffer, isChunked: boolean) {
    this.path = path;
    this.headers = headers;
    this.body = body;
    this.isChunked = isChunked;
  }

  /** For whoever reads the counterexample; the generator's seed makes the very bytes again. */
  toString(): string {
    const { length } = this.body;
    const shown = JSON.stringify(this.body.toString("latin1", 0, SHOWN_BYTES));
    const headers = Object.entries(this.headers).map(([name, value]) => [
      name,
      value.slice(0, SHOWN_HEADER_CHARS),
    ]);
    return `POST ${this.path} ${JSON.stringify(Object.fromEntries(headers))}, ${length} bytes${this.isChunked ? " in chunks" : ""}: ${shown}`;
  }
}

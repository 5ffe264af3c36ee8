/** @file Where the GPU check prints, and whether anything was past its limit. Knows lines; knows no network. */
import { appendFileSync } from "node:fs";

export class Report {
  readonly #out: string | undefined;
  #failures = 0;

  /** `out`: a file that gets every line too, at once, since a driver may take the process with it. */
  constructor(out?: string) {
    this.#out = out;
  }

  get failures(): number {
    return this.#failures;
  }

  line(text = ""): void {
    process.stdout.write(`${text}\n`);
    if (this.#out !== undefined) appendFileSync(this.#out, `${text}\n`);
  }

  /** A line that ends in its verdict. */
  verdict(text: string, kept: boolean): void {
    if (!kept) this.#failures++;
    this.line(`${text}  ${kept ? "ok" : "FAILED"}`);
  }
}

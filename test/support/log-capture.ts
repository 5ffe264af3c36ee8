/** @file A real logger whose lines tests can wait for. Knows JSON lines; knows no event by name. */
import { Writable } from "node:stream";
import { pino } from "pino";
import type { Logger } from "../../src/observability/logger.js";

export interface CapturedLine {
  readonly msg: string;
  readonly [key: string]: unknown;
}

interface Waiter {
  readonly matches: (line: CapturedLine) => boolean;
  readonly resolve: (line: CapturedLine) => void;
}

export class LogCapture {
  readonly logger: Logger;
  readonly #lines: CapturedLine[] = [];
  #waiters: Waiter[] = [];

  constructor() {
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        this.#take(JSON.parse(String(chunk)));
        done();
      },
    });
    this.logger = pino({ level: "trace" }, stream);
  }

  /** Every line so far. */
  get all(): readonly CapturedLine[] {
    return this.#lines;
  }

  lines(msg: string): readonly CapturedLine[] {
    return this.#lines.filter((line) => line.msg === msg);
  }

  /** The `n`-th line (from 1) with this `msg`, past or to come. */
  logged(msg: string, n = 1): Promise<CapturedLine> {
    const past = this.lines(msg)[n - 1];
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      this.#waiters.push({ matches: (line) => this.lines(msg).indexOf(line) === n - 1, resolve });
    });
  }

  #take(line: CapturedLine): void {
    this.#lines.push(line);
    const heard = this.#waiters.filter(({ matches }) => matches(line));
    this.#waiters = this.#waiters.filter((waiter) => !heard.includes(waiter));
    for (const { resolve } of heard) resolve(line);
  }
}

/** @file Whether a process's memory grows while a test goes on. Knows numbers; knows nothing of what is done. */
import assert from "node:assert/strict";
import { memoryOf } from "../support/process-memory.js";
import { median } from "../support/statistics.js";

const MEBIBYTE = 2 ** 20;
/** Of the samples, at either end of the time that is looked at. */
const SHARE = 5;

export class MemoryWatch {
  readonly #pid: number;
  readonly #bytes: number[] = [];

  constructor(pid: number) {
    this.#pid = pid;
  }

  sample(): void {
    this.#bytes.push(memoryOf(this.#pid, "VmRSS"));
  }

  /**
   * Throws where the last fifth of the samples is more than `maxGrowthMebibytes` above the second: in the first it
   * warms up, and what is garbage is collected when it is time. Returns what was seen, in words.
   */
  assertFlat(maxGrowthMebibytes: number): string {
    const count = Math.ceil(this.#bytes.length / SHARE);
    const early = median(this.#bytes.slice(count, 2 * count)) / MEBIBYTE;
    const late = median(this.#bytes.slice(-count)) / MEBIBYTE;
    const most = Math.max(...this.#bytes) / MEBIBYTE;
    const seen = `${early.toFixed(0)} MiB in the second fifth, ${late.toFixed(0)} MiB in the last, ${most.toFixed(0)} MiB at most`;
    assert.ok(late - early <= maxGrowthMebibytes, `memory grows: ${seen}`);
    return seen;
  }
}

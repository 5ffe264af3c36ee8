/** @file Measures the stages of one job in a worker. Knows the names of the stages, not what happens in them. */
import type { WorkerTimes } from "../protocol.js";

export class StageClock {
  readonly #ms: { -readonly [Stage in keyof WorkerTimes]: number } = {
    text: 0,
    vaeEncode: 0,
    denoise: 0,
    vaeDecode: 0,
    pixels: 0,
  };

  /** Run `work` and add its time to `stage`. */
  async time<T>(stage: keyof WorkerTimes, work: () => T | Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.add(stage, performance.now() - startMs);
    }
  }

  /** Add `ms` that were measured elsewhere to `stage`. */
  add(stage: keyof WorkerTimes, ms: number): void {
    this.#ms[stage] += ms;
  }

  /** Milliseconds so far. */
  get times(): WorkerTimes {
    return { ...this.#ms };
  }
}

/**
 * @file The workers, one per device: which could take a job, and what becomes of the pool when one cannot be had. Knows
 * keepers; knows no job.
 */
import type { InpaintError } from "../errors/inpaint-error.js";
import type { MessageFromWorker } from "./protocol.js";
import { RunLimits } from "./run-limits.js";
import { WorkerKeeper } from "./worker-keeper.js";
import type { WorkerOptions, WorkerProcess } from "./worker-process.js";

export interface WorkerPoolOptions extends Omit<WorkerOptions, "environment" | "limits" | "onRan"> {
  /** The environment variables of each worker: as many workers as there are entries, ≥ 1. */
  readonly environments: readonly WorkerOptions["environment"][];
  /** Bytes of resident memory past which a worker is replaced, after its jobs; 0: never. */
  readonly maxRssBytes: number;
  /** Every run that worker `slot` has made: from 0, the place in `environments`, whatever process is there. */
  onRan(message: MessageFromWorker<"ran">, slot: number): void;
  /** A worker became ready or was lost. */
  onChange(): void;
  onRestart(): void;
  /** No worker will come any more. */
  onGivenUp(reason: InpaintError): void;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #keepers: readonly WorkerKeeper[];
  #lost = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const limits = new RunLimits(); // of all workers: they are alike, and outlived by what they taught
    this.#keepers = options.environments.map(
      (environment, slot) =>
        new WorkerKeeper({
          ...options,
          environment,
          onRan: (message) => options.onRan(message, slot),
          limits,
          onChange: () => options.onChange(),
          onRestart: () => options.onRestart(),
          onGivenUp: (reason) => this.#onGivenUp(reason),
        }),
    );
  }

  /** Fulfilled once the first worker is ready; rejects with the reason when there will be none. */
  async start(): Promise<void> {
    const starts = this.#keepers.map((keeper) => keeper.start());
    try {
      await Promise.any(starts);
    } catch {
      await starts[0]; // all of them were rejected; the first says why
    }
  }

  /** Those that could take a job now. */
  get ready(): readonly WorkerProcess[] {
    return this.#keepers.map(({ ready }) => ready).filter((worker) => worker !== undefined);
  }

  /** What a worker said of the model: one that is ready, or is just replaced by another. Undefined: there is none. */
  get opened(): MessageFromWorker<"ready"> | undefined {
    return this.#keepers.find(({ opened }) => opened !== undefined)?.opened;
  }

  /** To be called when a job of any worker has ended. */
  replaceLarge(): void {
    const { maxRssBytes } = this.#options;
    for (const keeper of this.#keepers) {
      const { ready } = keeper;
      if (maxRssBytes > 0 && ready !== undefined && ready.rssBytes > maxRssBytes) keeper.retire();
      keeper.endRetired();
    }
  }

  /** End all workers: by themselves when `idle`, else at once. */
  async stop(options: { readonly idle: boolean }): Promise<void> {
    await Promise.all(this.#keepers.map((keeper) => keeper.stop(options)));
  }

  #onGivenUp(reason: InpaintError): void {
    this.#lost++;
    this.#options.logger.error(
      { err: reason, left: this.#keepers.length - this.#lost },
      "a worker is given up",
    );
    if (this.#lost < this.#keepers.length) return;
    this.#options.onGivenUp(reason);
  }
}

/**
 * @file Keeps one worker process alive: starts it, starts it again after it died, gives up when it cannot start.
 * Knows when to try again and when not; does not know what the worker is for.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type BackOff, backOffMs } from "../async/back-off.js";
import { createDeferred } from "../async/deferred.js";
import { type ErrorCode, InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import type { MessageFromWorker } from "./protocol.js";
import { type WorkerOptions, WorkerProcess } from "./worker-process.js";

const BACK_OFF: BackOff = { firstMs: 100, maxMs: 10_000 };
/** A worker that served this long has recovered: the next wait begins at the first again. */
const STABLE_AFTER_MS = 30_000;
/** Deaths in a row before ready after which another attempt is no use. */
const MAX_EARLY_DEATHS = 3;
/** Reasons that another attempt would meet again. */
const PERMANENT: readonly ErrorCode[] = ["INVALID_CHECKPOINT", "PROVIDER_UNAVAILABLE"];

export interface KeeperOptions extends WorkerOptions {
  /** A worker became ready or was lost. */
  onChange(): void;
  onRestart(): void;
  /** No worker will come any more. Not called for a keeper that was stopped. */
  onGivenUp(reason: InpaintError): void;
}

export class WorkerKeeper {
  readonly #options: KeeperOptions;
  readonly #logger: Logger;
  readonly #firstReady = createDeferred<void>();
  readonly #stopping = new AbortController();
  #worker: WorkerProcess | undefined;
  #life: Promise<void> | undefined;
  #retiring: WorkerProcess | undefined;
  /** What a worker said that was sent away, until there is the next one. */
  #retired: MessageFromWorker<"ready"> | undefined;
  #wasReady = false;
  #retries = 0;
  #earlyDeaths = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#logger = options.logger;
  }

  /** The worker that could take a job now. */
  get ready(): WorkerProcess | undefined {
    return this.#worker?.isReady && this.#retiring !== this.#worker ? this.#worker : undefined;
  }

  /** What is known of the model: also while one worker is being replaced by the next, as planned. */
  get opened(): MessageFromWorker<"ready"> | undefined {
    return this.#worker?.isReady ? this.#worker.opened : this.#retired;
  }

  /** Fulfilled once the first worker is ready; rejects with the reason when there will be none. */
  start(): Promise<void> {
    this.#life ??= this.#keep();
    return this.#firstReady.promise;
  }

  /** Let the worker go once it has nothing to do, and start another. Does not count as a death. */
  retire(): void {
    if (this.#worker === undefined || this.#retiring === this.#worker) return;
    this.#retiring = this.#worker;
    this.#retired = this.#worker.opened;
    this.#logger.warn(
      { workerPid: this.#worker.pid, rssBytes: this.#worker.rssBytes },
      "worker too large, it will be replaced",
    );
    this.endRetired();
  }

  /** To be called when a job of the worker has ended. */
  endRetired(): void {
    if (this.#retiring !== undefined && this.#retiring === this.#worker && this.#worker.jobCount === 0) {
      void this.#worker.stop();
    }
  }

  /** End the worker: by itself when `idle`, else at once. No other is started. */
  async stop({ idle }: { readonly idle: boolean }): Promise<void> {
    this.#stopping.abort();
    if (this.#life === undefined) return;
    this.#firstReady.reject(new InpaintError("SHUTTING_DOWN", "the engine was closed before it was ready"));
    await (idle && this.#worker?.isReady ? this.#worker.stop() : this.#worker?.kill());
    await this.#life;
  }

  async #keep(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const reason = await this.#live();
      if (this.#stopping.signal.aborted) return;
      if (this.#retiring === this.#worker) {
        this.#options.onRestart();
        continue;
      }
      this.#retired = undefined;
      // What was served once is there: a file that cannot be read now may be read again.
      const isPermanent = !this.#wasReady && PERMANENT.includes(reason.code);
      if (this.#earlyDeaths >= MAX_EARLY_DEATHS || (this.#earlyDeaths > 0 && isPermanent)) {
        this.#giveUp(reason);
        return;
      }
      this.#retries++;
      const waitMs = backOffMs(this.#retries, BACK_OFF);
      this.#logger.error({ err: reason, waitMs }, "worker lost, another one will be started");
      this.#options.onRestart();
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {}); // only stop() aborts it
    }
  }

  /** One worker from fork to exit; why it ended. */
  async #live(): Promise<InpaintError> {
    const worker = new WorkerProcess(this.#options);
    this.#worker = worker;
    let readySinceMs: number | undefined;
    try {
      const { openMs, warmUpMs, model, checkpoint } = await worker.ready;
      readySinceMs = performance.now();
      this.#earlyDeaths = 0;
      this.#wasReady = true;
      this.#retired = undefined;
      const { warnings, ...opened } = checkpoint;
      this.#logger.info({ workerPid: worker.pid, ...opened }, "checkpoint opened");
      for (const warning of warnings) this.#logger.warn({ workerPid: worker.pid }, warning);
      this.#logger.info({ workerPid: worker.pid, openMs, warmUpMs, model }, "worker ready");
      this.#firstReady.resolve();
      this.#options.onChange();
    } catch {
      this.#earlyDeaths++; // the reason is the one `gone` brings
    }
    const reason = await worker.gone;
    if (readySinceMs !== undefined) {
      if (performance.now() - readySinceMs >= STABLE_AFTER_MS) this.#retries = 0;
      this.#options.onChange();
    }
    return reason;
  }

  #giveUp(reason: InpaintError): void {
    this.#firstReady.reject(reason);
    this.#options.onGivenUp(reason);
  }
}

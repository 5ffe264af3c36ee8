/**
 * @file Who gets the next job, and what becomes of the jobs of a worker that died. Knows tickets and workers; knows
 * neither permits nor HTTP.
 */
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import { type AdmittedJob, compareJobs, precedes } from "./job-order.js";
import type { MessageFromWorker } from "./protocol.js";
import type { JobObserver, LostJob, RunningJob, WorkerProcess } from "./worker-process.js";

/** A job from its submission to its answer. */
export interface Ticket {
  readonly job: InpaintJob;
  readonly admitted: AdmittedJob;
  readonly observer: JobObserver;
  readonly previews: boolean;
  /** Position in the queue, from 1; called when it changes. */
  onQueued(position: number): void;
  resolve(done: MessageFromWorker<"done">): void;
  reject(reason: InpaintError): void;
}

interface Entry {
  readonly ticket: Ticket;
  running: { readonly worker: WorkerProcess; readonly job: RunningJob } | undefined;
  /** Workers that ended under it. */
  lives: number;
  /** Of these, those that it may have ended, and those that it was alone with. */
  suspicions: number;
  certainties: number;
  position: number;
  withdrawn: boolean;
}

export interface DispatcherOptions {
  readonly maxBatch: number;
  readonly logger: Logger;
  readyWorkers(): readonly WorkerProcess[];
  /** A job has left its worker, or the queue. */
  onChange(): void;
  onRetry(): void;
}

/** Beside the jobs of one UNet call, those that are got ready for the next ones. */
const RESIDENT_BATCHES = 2;
/** A job that ended as many workers, alone in their hands, is not tried again; nor one that was there thrice. */
const MAX_CERTAINTIES = 2;
const MAX_SUSPICIONS = 3;
/** Somebody who ends workers from outside could go on for ever. */
const MAX_LIVES = 6;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #entries = new Map<Ticket, Entry>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Jobs that no worker has. */
  get waiting(): number {
    return [...this.#entries.values()].filter(({ running }) => running === undefined).length;
  }

  submit(ticket: Ticket): void {
    this.#entries.set(ticket, {
      ticket,
      running: undefined,
      lives: 0,
      suspicions: 0,
      certainties: 0,
      position: 0,
      withdrawn: false,
    });
    this.dispatch();
  }

  /** Nobody waits for the answer any more: a worker that has the job lets go of it before its next run. */
  withdraw(ticket: Ticket): void {
    const entry = this.#entries.get(ticket);
    if (entry === undefined) return;
    entry.withdrawn = true;
    if (entry.running === undefined) this.#leave(entry);
    else entry.running.job.cancel();
  }

  /** Answer everybody with `reason`, whatever their jobs do. */
  refuse(reason: () => InpaintError): void {
    for (const { ticket } of this.#entries.values()) ticket.reject(reason());
    this.#entries.clear();
    this.#options.onChange();
  }

  /** Give out what the workers have room for. To be called when a worker became ready. */
  dispatch(): void {
    for (const entry of this.#queue()) {
      const worker = this.#roomFor(entry);
      if (worker === undefined) break;
      this.#assign(entry, worker);
    }
    this.#admitBatchJobs();
    for (const [index, entry] of this.#queue().entries()) {
      if (entry.position === index + 1) continue;
      entry.position = index + 1;
      entry.ticket.onQueued(entry.position);
    }
  }

  /** However many online jobs there are, every worker has a batch job to take its turn. */
  #admitBatchJobs(): void {
    for (const worker of this.#options.readyWorkers()) {
      const hasOne = this.#residentsOf(worker).some(({ ticket }) => ticket.admitted.priority === "batch");
      const first = hasOne
        ? undefined
        : this.#queue().find(({ ticket }) => ticket.admitted.priority === "batch");
      if (first !== undefined) this.#assign(first, worker);
    }
  }

  #residentsOf(worker: WorkerProcess): readonly Entry[] {
    return [...this.#entries.values()].filter(({ running }) => running?.worker === worker);
  }

  #queue(): readonly Entry[] {
    return [...this.#entries.values()]
      .filter(({ running }) => running === undefined)
      .sort((a, b) => compareJobs(a.ticket.admitted, b.ticket.admitted));
  }

  /** The one with the least left to do. A job that goes before one that is there already needs no free place. */
  #roomFor({ ticket }: Entry): WorkerProcess | undefined {
    const places = RESIDENT_BATCHES * this.#options.maxBatch;
    let best: { readonly worker: WorkerProcess; readonly load: number } | undefined;
    for (const worker of this.#options.readyWorkers()) {
      const residents = this.#residentsOf(worker);
      const goesBefore = residents.some((other) => precedes(ticket.admitted, other.ticket.admitted));
      if (residents.length >= (goesBefore ? 2 * places : places)) continue;
      const load = residents.reduce((sum, other) => sum + remainingWork(other.ticket.admitted), 0);
      if (best === undefined || load < best.load) best = { worker, load };
    }
    return best?.worker;
  }

  #assign(entry: Entry, worker: WorkerProcess): void {
    const { ticket } = entry;
    const { deadlineMs, priority } = ticket.admitted;
    const job = worker.run(
      ticket.job,
      {
        deadlineInMs: deadlineMs - performance.now(),
        priority,
        alone: entry.suspicions > 0,
        previews: ticket.previews,
      },
      ticket.observer,
    );
    entry.running = { worker, job };
    void job.end.then((end) => {
      entry.running = undefined;
      if (!this.#entries.has(ticket)) return this.dispatch();
      if (end.type === "lost" && !entry.withdrawn) return this.#lose(entry, end);
      if (end.type === "done") ticket.resolve(end);
      else if (end.type === "failed") ticket.reject(new InpaintError(end.code, end.message));
      this.#leave(entry);
    });
  }

  #lose(entry: Entry, { how, suspect, alone }: LostJob): void {
    entry.lives++;
    if (suspect) entry.suspicions++;
    if (suspect && alone) entry.certainties++;
    const { lives, suspicions, certainties } = entry;
    this.#options.logger.warn({ how, lives, suspicions }, "a job lost its worker");
    if (certainties >= MAX_CERTAINTIES || suspicions >= MAX_SUSPICIONS) {
      const message = `the job was at work when ${suspicions} worker processes ended (the last: ${how}); it is not tried again`;
      entry.ticket.reject(new InpaintError("JOB_ENDS_WORKERS", message));
    } else if (lives >= MAX_LIVES) {
      entry.ticket.reject(new InpaintError("WORKER_LOST", `${lives} workers ended under this job (${how})`));
    } else {
      entry.position = 0;
      this.#options.onRetry();
      this.dispatch();
      return;
    }
    this.#leave(entry);
  }

  #leave(entry: Entry): void {
    this.#entries.delete(entry.ticket);
    this.#options.onChange();
    this.dispatch();
  }
}

const remainingWork = ({ work: { rows, height, width }, callsLeft }: AdmittedJob): number =>
  callsLeft * rows * height * width;

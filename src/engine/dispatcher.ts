/**
 * @file Who gets the next job, and what becomes of the jobs of a worker that died. Knows tickets and workers; knows
 * neither permits nor HTTP.
 */
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import { type AdmittedJob, precedes, workLeft } from "./job-order.js";
import { JobQueue } from "./job-queue.js";
import type { MessageFromWorker } from "./protocol.js";
import type { JobObserver, LostJob, RunningJob, WorkerProcess } from "./worker-process.js";

/** A job from its submission to its answer. */
export interface Ticket {
  readonly job: InpaintJob;
  readonly admitted: AdmittedJob;
  readonly observer: JobObserver;
  readonly previews: boolean;
  /** Position in the queue, from 1; called when it changes. Absent: nobody asks. */
  readonly onQueued: ((position: number) => void) | undefined;
  /** It waits again, and begins anew. */
  onRestarted(): void;
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
/** Before every batch job, after every online one. */
const FIRST_BATCH_JOB = { priority: "batch", deadlineMs: -Infinity, sequence: 0 } as const;
/** Somebody who ends workers from outside could go on for ever. */
const MAX_LIVES = 6;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** All that are not answered. */
  readonly #entries = new Map<Ticket, Entry>();
  /** Those that no worker has. */
  readonly #waiting = new JobQueue<Entry>(({ ticket }) => ticket.admitted);
  readonly #residents = new Map<WorkerProcess, readonly Entry[]>();
  #toldSoon = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Jobs that no worker has. */
  get waiting(): number {
    return this.#waiting.length;
  }

  submit(ticket: Ticket): void {
    const entry: Entry = {
      ticket,
      running: undefined,
      lives: 0,
      suspicions: 0,
      certainties: 0,
      position: 0,
      withdrawn: false,
    };
    this.#entries.set(ticket, entry);
    this.#waiting.add(entry);
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
    for (const entry of [...this.#waiting.entries]) this.#waiting.remove(entry);
    this.#entries.clear();
    this.#options.onChange();
  }

  /** Give out what the workers have room for. To be called when a worker became ready. */
  dispatch(): void {
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      const worker = this.#roomFor(first);
      if (worker === undefined) break;
      this.#assign(first, worker);
    }
    this.#admitBatchJobs();
    this.#tellPositionsSoon();
  }

  /** However many online jobs there are, every worker has a batch job to take its turn. */
  #admitBatchJobs(): void {
    for (const worker of this.#options.readyWorkers()) {
      const first = this.#waiting.entries[this.#waiting.countBefore(FIRST_BATCH_JOB)];
      if (first === undefined) return;
      const residents = this.#residentsOf(worker);
      const hasOne = residents.some(({ ticket }) => ticket.admitted.priority === "batch");
      if (!hasOne) this.#assign(first, worker);
    }
  }

  /** Once for all that happens together: a queue moves up with every job that leaves it. */
  #tellPositionsSoon(): void {
    if (this.#toldSoon) return;
    this.#toldSoon = true;
    setImmediate(() => {
      this.#toldSoon = false;
      for (const [index, entry] of this.#waiting.entries.entries()) {
        if (entry.position === index + 1) continue;
        entry.position = index + 1;
        entry.ticket.onQueued?.(entry.position);
      }
    });
  }

  #residentsOf(worker: WorkerProcess): readonly Entry[] {
    return this.#residents.get(worker) ?? [];
  }

  /** The one with the least left to do. A job that goes before one that is there already needs no free place. */
  #roomFor({ ticket }: Entry): WorkerProcess | undefined {
    const places = RESIDENT_BATCHES * this.#options.maxBatch;
    let best: { readonly worker: WorkerProcess; readonly load: number } | undefined;
    for (const worker of this.#options.readyWorkers()) {
      const residents = this.#residentsOf(worker);
      const goesBefore = residents.some((other) => precedes(ticket.admitted, other.ticket.admitted));
      if (residents.length >= (goesBefore ? 2 * places : places)) continue;
      const load = residents.reduce((sum, other) => sum + workLeft(other.ticket.admitted), 0);
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
        deadlineMs,
        sentMs: performance.now(),
        priority,
        alone: entry.suspicions > 0,
        previews: ticket.previews,
      },
      ticket.observer,
    );
    entry.running = { worker, job };
    this.#waiting.remove(entry);
    this.#residents.set(worker, [...this.#residentsOf(worker), entry]);
    void job.end.then((end) => {
      entry.running = undefined;
      this.#letGo(entry, worker);
      if (!this.#entries.has(ticket)) return this.dispatch(); // answered already
      if (end.type === "lost" && !entry.withdrawn) return this.#lose(entry, end);
      if (end.type === "done") ticket.resolve(end);
      else if (end.type === "failed") ticket.reject(new InpaintError(end.code, end.message));
      this.#leave(entry);
    });
  }

  #beginAnew(entry: Entry): void {
    entry.position = 0;
    this.#waiting.add(entry);
    entry.ticket.onRestarted();
    this.#options.onRetry();
    this.dispatch();
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
      this.#beginAnew(entry);
      return;
    }
    this.#leave(entry);
  }

  #letGo(entry: Entry, worker: WorkerProcess): void {
    const others = this.#residentsOf(worker).filter((other) => other !== entry);
    if (others.length === 0) this.#residents.delete(worker);
    else this.#residents.set(worker, others);
  }

  #leave(entry: Entry): void {
    this.#entries.delete(entry.ticket);
    this.#waiting.remove(entry);
    this.#options.onChange();
    this.dispatch();
  }
}

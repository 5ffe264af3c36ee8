/**
 * @file The ledger of admitted jobs: what may come in, who goes before whom, how long it takes. Pure: the clock comes
 * in as numbers, and what a job does once it is in, others say.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { CostModel } from "./cost-model.js";
import { forecast } from "./forecast.js";
import { type AdmittedJob, type Priority, workLeft } from "./job-order.js";
import { JobQueue } from "./job-queue.js";
import type { JobWork } from "./job-work.js";
import { RetrySlots } from "./retry-slots.js";

export interface AdmissionOptions {
  /** Row pixels, as `workOf` counts them. */
  readonly maxQueuedWork: number;
  readonly costs: Pick<CostModel, "jobMs" | "longestRunMs">;
}

/** What a forecast stands on. */
export interface Moment {
  /** Of the clock on which deadlines are. */
  readonly nowMs: number;
  /** That can take jobs. */
  readonly workers: number;
}

export interface AdmitOptions extends Moment {
  readonly deadlineMs: number;
  readonly priority: Priority;
}

interface LedgerJob extends AdmittedJob {
  callsLeft: number;
}

/** What stands before a job's end, by what runs have cost. */
export interface Turn {
  /** Until it begins: those before it, spread over the workers. */
  readonly waitMs: number;
  /** What is left of its own. */
  readonly ownMs: number;
}

/** Why a request cannot come in, and after how long what is there now would leave room for it, if that is known. */
interface Refusal {
  readonly message: string;
  readonly roomInMs: number | undefined;
}

/**
 * Who comes back finds others there who came meanwhile: he is told to when not only his own work fits, but this part
 * of all that may wait besides.
 */
const ROOM_FOR_OTHERS = 0.5;

/**
 * Of the wait that is expected, as a margin: when a load begins all runs get slower together, and those who were let in
 * by what runs cost before would all be late. It costs no throughput, only a shorter queue.
 */
const WAIT_MARGIN = 0.35;

/** However little each asks for: every newcomer is compared with all. */
const MAX_JOBS = 4096;

export class Admission {
  readonly #maxQueuedWork: number;
  readonly #costs: AdmissionOptions["costs"];
  /** Of each class: a queue of batch jobs that were sent away holds no online job up. */
  readonly #retries: Readonly<Record<Priority, RetrySlots>> = {
    online: new RetrySlots(),
    batch: new RetrySlots(),
  };
  /** In the order in which they go. */
  readonly #queue = new JobQueue<LedgerJob>((job) => job);
  #turns: { readonly workers: number; readonly of: ReadonlyMap<AdmittedJob, Turn> } | undefined;
  #queuedWork = 0;
  #lastSequence = 0;

  constructor({ maxQueuedWork, costs }: AdmissionOptions) {
    this.#maxQueuedWork = maxQueuedWork;
    this.#costs = costs;
  }

  /** What admitted jobs still have to do, in row pixels. */
  get queuedWork(): number {
    return this.#queuedWork;
  }

  /** How many are admitted and not finished. */
  get jobs(): number {
    return this.#queue.length;
  }

  /**
   * Take in all jobs of a request or none; one without jobs only where half of the queue is free. Throws InpaintError
   * QUEUE_FULL, with `retryAfterMs` when costs are known,
   * - when more than `maxQueuedWork` would wait, of which an online request does not count batch jobs. A server that has
   *   nothing to do takes a request of any size.
   * - when, by what runs have cost, jobs that go before would end it after `deadlineMs`, and alone it would be in time.
   *   One that is too long even alone is let in: that its time has passed is another error.
   * - when it would end a job of its class after its deadline that goes behind it and was admitted already.
   * In time is: by a margin of the longest run, since a worker looks for the most urgent job only between two runs, and
   * of a third of the wait, since that is an estimate.
   */
  admit(works: readonly JobWork[], options: AdmitOptions): readonly AdmittedJob[] {
    const { nowMs, deadlineMs, priority } = options;
    this.#retries[priority].arrived(nowMs, this.jobs === 0);
    const newcomers = works.map(
      (work, i): LedgerJob => ({
        work,
        deadlineMs,
        priority,
        sequence: this.#lastSequence + 1 + i,
        callsLeft: work.unetCalls,
      }),
    );
    const refusal = this.jobs === 0 ? undefined : this.#refusalOf(newcomers, options);
    if (refusal !== undefined) {
      const { message, roomInMs } = refusal;
      const ownMs = this.#msOf(newcomers);
      const retryAfterMs =
        roomInMs === undefined || ownMs === undefined
          ? undefined
          : this.#retries[priority].book(nowMs, {
              roomInMs,
              ownMs: sum(ownMs) / Math.max(1, options.workers),
            });
      throw new InpaintError("QUEUE_FULL", message, { retryAfterMs });
    }
    this.#lastSequence += newcomers.length;
    for (const job of newcomers) {
      this.#queue.add(job);
      this.#queuedWork += workLeft(job);
    }
    this.#turns = undefined;
    return newcomers;
  }

  /**
   * `callsLeft` of the job's UNet calls are still to be made: fewer after each tick, all of them again when it starts
   * anew. Nothing happens when the job is finished.
   */
  progress(job: AdmittedJob, callsLeft: number): void {
    const { unetCalls } = job.work;
    if (!Number.isInteger(callsLeft) || callsLeft < 0 || callsLeft > unetCalls) {
      throw new RangeError(`callsLeft is 0 … ${unetCalls}, not ${callsLeft}`);
    }
    const entry = this.#queue.find(job);
    if (entry === undefined) return;
    this.#turns = undefined;
    this.#queuedWork -= workLeft(entry);
    entry.callsLeft = callsLeft;
    this.#queuedWork += workLeft(entry);
  }

  /** However it ended, the job is of no more account. Idempotent. */
  finish(job: AdmittedJob): void {
    const entry = this.#queue.find(job);
    if (entry === undefined) return;
    this.#turns = undefined;
    this.#queue.remove(entry);
    this.#queuedWork -= workLeft(entry);
  }

  /** Undefined while costs are unknown, or when the job is finished. As of the last change of the ledger. */
  turnOf(job: AdmittedJob, workers: number): Turn | undefined {
    if (this.#turns?.workers !== workers) this.#turns = { workers, of: this.#allTurns(workers) };
    return this.#turns.of.get(job);
  }

  #allTurns(workers: number): ReadonlyMap<AdmittedJob, Turn> {
    const ownMs = this.#msOf(this.#queue.entries);
    if (ownMs === undefined) return new Map();
    const { startMs } = forecast(ownMs, workers);
    return new Map(
      this.#queue.entries.map((job, i) => [job, { waitMs: startMs[i] ?? 0, ownMs: ownMs[i] ?? 0 }]),
    );
  }

  #refusalOf(newcomers: readonly LedgerJob[], options: AdmitOptions): Refusal | undefined {
    const reasons = [this.#fullness(newcomers, options), this.#lateness(newcomers, options)];
    const [first, second] = reasons.filter((reason) => reason !== undefined);
    if (first === undefined || second === undefined) return first;
    return { message: first.message, roomInMs: Math.max(first.roomInMs ?? 0, second.roomInMs ?? 0) };
  }

  #fullness(newcomers: readonly LedgerJob[], { priority, workers }: AdmitOptions): Refusal | undefined {
    if (this.jobs + newcomers.length > MAX_JOBS) {
      const message = `the queue is full: ${this.jobs} of at most ${MAX_JOBS} images wait`;
      return { message, roomInMs: this.#freedInMs(ROOM_FOR_OTHERS * this.#queuedWork, workers) };
    }
    const ownWork = sum(newcomers.map(workLeft));
    const queuedWork = priority === "online" ? this.#onlineWork() : this.#queuedWork;
    const maxWork = newcomers.length === 0 ? ROOM_FOR_OTHERS * this.#maxQueuedWork : this.#maxQueuedWork;
    const excess = queuedWork + ownWork - maxWork;
    if (excess <= 0) return undefined;
    return {
      message:
        `the queue is full: ${millions(queuedWork)} of at most ${millions(this.#maxQueuedWork)} million row ` +
        `pixels wait (UNet calls × rows × pixels), and this request brings ${millions(ownWork)}`,
      roomInMs: this.#freedInMs(excess + ROOM_FOR_OTHERS * this.#maxQueuedWork, workers),
    };
  }

  #onlineWork(): number {
    return sum(this.#queue.entries.filter(({ priority }) => priority === "online").map(workLeft));
  }

  /** Of the request itself, or of who is behind it. */
  #lateness(
    newcomers: readonly LedgerJob[],
    { nowMs, deadlineMs, priority, workers }: AdmitOptions,
  ): Refusal | undefined {
    const ownMs = this.#msOf(newcomers);
    const waitingMs = this.#msOf(this.#queue.entries);
    if (ownMs === undefined || waitingMs === undefined) return undefined;
    const runMs = this.#costs.longestRunMs;
    const budgetMs = deadlineMs - nowMs;
    const place = this.#queue.countBefore({ priority, deadlineMs, sequence: this.#lastSequence + 1 });
    const withThem = forecast([...waitingMs.slice(0, place), ...ownMs, ...waitingMs.slice(place)], workers);
    const endsInMs = Math.max(0, ...withThem.endMs.slice(place, place + newcomers.length));
    const aloneMs = Math.max(0, ...forecast(ownMs, workers).endMs);
    const dueMs = endsInMs + runMs + WAIT_MARGIN * (endsInMs - aloneMs);
    if (dueMs > budgetMs && aloneMs <= budgetMs) {
      // later its deadline is later too, so that it has to wait for all of its class that are here now
      const ahead = this.#queue.countBefore({ priority, deadlineMs: Infinity, sequence: Infinity });
      const last = forecast([...waitingMs.slice(0, ahead), ...ownMs], workers);
      const queueMs = Math.max(0, ...last.endMs.slice(ahead)) - aloneMs;
      const maxQueueMs = Math.max(0, budgetMs - aloneMs - runMs) / (1 + WAIT_MARGIN);
      return {
        message:
          `the queue would make this request late: it would be done in ${seconds(dueMs)} s, ` +
          `${seconds(aloneMs)} s of them its own, and has ${seconds(budgetMs)} s`,
        roomInMs: queueMs - (1 - ROOM_FOR_OTHERS) * maxQueueMs,
      };
    }
    const without = forecast(waitingMs, workers);
    for (const [i, job] of this.#queue.entries.entries()) {
      if (i < place || job.priority !== priority) continue; // a batch job never keeps an online one out
      const before = without.endMs[i] ?? 0;
      const after = withThem.endMs[i + newcomers.length] ?? 0;
      const leftMs = job.deadlineMs - nowMs;
      const marginMs = runMs + WAIT_MARGIN * after;
      // what is in the middle of a run is counted as if it had not begun: one that seems late by as little may not be
      const isLost = before - marginMs > leftMs;
      if (!isLost && after > before && after + marginMs > leftMs) {
        return {
          message:
            "this request would make one late that is admitted already: that one would be done in " +
            `${seconds(after + marginMs)} s instead of ${seconds(before)} s, and has ${seconds(leftMs)} s`,
          roomInMs: before,
        };
      }
    }
    return undefined;
  }

  /** Milliseconds until `work` of what is admitted is done, or all of it. Undefined while costs are unknown. */
  #freedInMs(work: number, workers: number): number | undefined {
    const waitingMs = this.#msOf(this.#queue.entries);
    if (waitingMs === undefined) return undefined;
    let missing = work;
    let spentMs = 0;
    for (const [i, job] of this.#queue.entries.entries()) {
      const freed = workLeft(job);
      const ms = waitingMs[i] ?? 0;
      if (freed >= missing) return (spentMs + (ms * missing) / freed) / Math.max(1, workers);
      missing -= freed;
      spentMs += ms;
    }
    return spentMs / Math.max(1, workers);
  }

  #msOf(jobs: readonly LedgerJob[]): readonly number[] | undefined {
    const ms: number[] = [];
    for (const { work, callsLeft } of jobs) {
      const own = this.#costs.jobMs(work, callsLeft);
      if (own === undefined) return undefined;
      ms.push(own);
    }
    return ms;
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const seconds = (ms: number) => (ms / 1000).toFixed(1);
const millions = (work: number) => (work / 1e6).toFixed(1);

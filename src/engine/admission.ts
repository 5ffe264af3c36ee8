/**
 * @file The ledger of admitted jobs: what may come in, who goes before whom, how long it takes. Pure: the clock comes
 * in as numbers, and what a job does once it is in, others say.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { CostModel } from "./cost-model.js";
import { type Forecast, forecast } from "./forecast.js";
import { type AdmittedJob, compareJobs, type JobPlace, type Priority, precedes } from "./job-order.js";
import { type JobWork, workOf } from "./job-work.js";
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

/** Of the wait that is expected, as a margin: means of what drifts are off by a few hundredths, all in one direction. */
const WAIT_MARGIN = 0.1;

export class Admission {
  readonly #maxQueuedWork: number;
  readonly #costs: AdmissionOptions["costs"];
  readonly #retries = new RetrySlots();
  /** In the order in which they go. */
  readonly #jobs: LedgerJob[] = [];
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
    return this.#jobs.length;
  }

  /**
   * Take in all jobs of a request or none. Throws InpaintError QUEUE_FULL, with `retryAfterMs` when costs are known,
   * - when more than `maxQueuedWork` would wait. A server that has nothing to do takes a request of any size.
   * - when, by what runs have cost, jobs that go before would end it after `deadlineMs`, and alone it would be in time.
   *   One that is too long even alone is let in: that its time has passed is another error.
   * - when it would end a job after its deadline that goes behind it and was admitted already.
   * In time is: by a margin of the longest run, since a worker looks for the most urgent job only between two runs, and
   * of a tenth of the wait, since that is an estimate.
   */
  admit(works: readonly JobWork[], options: AdmitOptions): readonly AdmittedJob[] {
    const { nowMs, deadlineMs, priority } = options;
    this.#retries.arrived(nowMs, this.#jobs.length === 0);
    const newcomers = works.map(
      (work, i): LedgerJob => ({
        work,
        deadlineMs,
        priority,
        sequence: this.#lastSequence + 1 + i,
        callsLeft: work.unetCalls,
      }),
    );
    const refusal = this.#jobs.length === 0 ? undefined : this.#refusalOf(newcomers, options);
    if (refusal !== undefined) {
      const { message, roomInMs } = refusal;
      const ownMs = this.#msOf(newcomers);
      const retryAfterMs =
        roomInMs === undefined || ownMs === undefined
          ? undefined
          : this.#retries.book(nowMs, { roomInMs, ownMs: sum(ownMs) / Math.max(1, options.workers) });
      throw new InpaintError("QUEUE_FULL", message, { retryAfterMs });
    }
    this.#lastSequence += newcomers.length;
    this.#jobs.splice(this.#placeOf({ deadlineMs, priority, sequence: this.#lastSequence }), 0, ...newcomers);
    for (const job of newcomers) this.#queuedWork += workLeft(job);
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
    const entry = this.#find(job);
    if (entry === undefined) return;
    this.#queuedWork -= workLeft(entry);
    entry.callsLeft = callsLeft;
    this.#queuedWork += workLeft(entry);
  }

  /** However it ended, the job is of no more account. Idempotent. */
  finish(job: AdmittedJob): void {
    const entry = this.#find(job);
    if (entry === undefined) return;
    this.#jobs.splice(this.position(entry), 1);
    this.#queuedWork -= workLeft(entry);
  }

  /** How many admitted jobs go before this one: 0 for the first. */
  position(job: AdmittedJob): number {
    return this.#placeOf(job);
  }

  /**
   * Milliseconds until the job's turn comes, by what runs have cost: those before it, spread over `workers`. 0 when its
   * turn is now; undefined while costs are unknown, or when the job is finished.
   */
  waitMs(job: AdmittedJob, workers: number): number | undefined {
    return this.#forecastOf(job, workers)?.startMs.at(-1);
  }

  /** Milliseconds until the job is done, that is `waitMs` and its own time. */
  endMs(job: AdmittedJob, workers: number): number | undefined {
    return this.#forecastOf(job, workers)?.endMs.at(-1);
  }

  #forecastOf(job: AdmittedJob, workers: number): Forecast | undefined {
    if (this.#find(job) === undefined) return undefined;
    const ownMs = this.#msOf(this.#jobs.slice(0, this.position(job) + 1));
    return ownMs && forecast(ownMs, workers);
  }

  #refusalOf(newcomers: readonly LedgerJob[], options: AdmitOptions): Refusal | undefined {
    const reasons = [this.#fullness(newcomers, options), this.#lateness(newcomers, options)];
    const [first, second] = reasons.filter((reason) => reason !== undefined);
    if (first === undefined || second === undefined) return first;
    return { message: first.message, roomInMs: Math.max(first.roomInMs ?? 0, second.roomInMs ?? 0) };
  }

  #fullness(newcomers: readonly LedgerJob[], { workers }: Moment): Refusal | undefined {
    const ownWork = sum(newcomers.map(workLeft));
    const excess = this.#queuedWork + ownWork - this.#maxQueuedWork;
    if (excess <= 0) return undefined;
    return {
      message:
        `the queue is full: ${millions(this.#queuedWork)} of at most ${millions(this.#maxQueuedWork)} million row ` +
        `pixels wait (UNet calls × rows × pixels), and this request brings ${millions(ownWork)}`,
      roomInMs: this.#freedInMs(excess + ROOM_FOR_OTHERS * this.#maxQueuedWork, workers),
    };
  }

  /** Of the request itself, or of who is behind it. */
  #lateness(
    newcomers: readonly LedgerJob[],
    { nowMs, deadlineMs, priority, workers }: AdmitOptions,
  ): Refusal | undefined {
    const ownMs = this.#msOf(newcomers);
    const waitingMs = this.#msOf(this.#jobs);
    if (ownMs === undefined || waitingMs === undefined) return undefined;
    const runMs = this.#costs.longestRunMs;
    const budgetMs = deadlineMs - nowMs;
    const place = this.#placeOf({ priority, deadlineMs, sequence: this.#lastSequence + 1 });
    const withThem = forecast([...waitingMs.slice(0, place), ...ownMs, ...waitingMs.slice(place)], workers);
    const endsInMs = Math.max(0, ...withThem.endMs.slice(place, place + newcomers.length));
    const aloneMs = Math.max(0, ...forecast(ownMs, workers).endMs);
    const dueMs = endsInMs + runMs + WAIT_MARGIN * (endsInMs - aloneMs);
    if (dueMs > budgetMs && aloneMs <= budgetMs) {
      // later its deadline is later too, so that it has to wait for all of its class that are here now
      const ahead = this.#placeOf({ priority, deadlineMs: Number.POSITIVE_INFINITY, sequence: Infinity });
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
    for (const [i, job] of this.#jobs.entries()) {
      if (i < place) continue;
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
    const waitingMs = this.#msOf(this.#jobs);
    if (waitingMs === undefined) return undefined;
    let missing = work;
    let spentMs = 0;
    for (const [i, job] of this.#jobs.entries()) {
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

  /** How many admitted jobs go before this place. */
  #placeOf(place: JobPlace): number {
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const job = this.#jobs[middle];
      if (job !== undefined && precedes(job, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #find(job: AdmittedJob): LedgerJob | undefined {
    const entry = this.#jobs[this.#placeOf(job)];
    return entry !== undefined && compareJobs(entry, job) === 0 ? entry : undefined;
  }
}

const workLeft = ({ work, callsLeft }: AdmittedJob) => workOf({ ...work, unetCalls: callsLeft });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const seconds = (ms: number) => (ms / 1000).toFixed(1);
const millions = (work: number) => (work / 1e6).toFixed(1);

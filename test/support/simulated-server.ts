/**
 * @file A server in virtual time: real admission and cost model, workers that take the first job in the ledger's order
 * run by run, and clients that come back once when they are told to. Knows no expectation.
 */
import { Admission, type AdmitOptions } from "../../src/engine/admission.js";
import { CostModel } from "../../src/engine/cost-model.js";
import type { DeviceRun } from "../../src/engine/device-run.js";
import { type AdmittedJob, compareJobs } from "../../src/engine/job-order.js";
import type { JobWork } from "../../src/engine/job-work.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";

/** Numbers in 0 … 1 that depend on `seed` alone. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Arrival extends Pick<AdmitOptions, "priority"> {
  readonly atMs: number;
  readonly works: readonly JobWork[];
  /** Until the deadline. */
  readonly budgetMs: number;
}

export interface SimulationOptions {
  readonly workers: number;
  readonly maxQueuedWork: number;
  /** What a run really takes. */
  trueMs(run: DeviceRun): number;
  /** Runs that are measured before the first arrival. */
  readonly measured: readonly DeviceRun[];
}

/** What became of one admitted job. */
export interface Served {
  readonly job: AdmittedJob;
  /** All jobs of its request. */
  readonly works: readonly JobWork[];
  readonly admittedMs: number;
  readonly expectedMs: number | undefined;
  /** Undefined when its deadline passed first. */
  endedMs: number | undefined;
  /** When a worker let go of it. */
  leftMs: number | undefined;
}

export interface Outcome {
  readonly served: readonly Served[];
  readonly refusals: readonly { readonly arrival: Arrival; readonly error: InpaintError }[];
  /** Of clients that were refused once and came back when they were told to. */
  readonly returned: { readonly admitted: number; readonly refused: number };
  readonly busyMs: number;
  readonly untilMs: number;
  readonly costs: CostModel;
}

interface Resident {
  readonly served: Served;
  readonly runs: DeviceRun[];
  readonly beforeCalls: number;
  done: number;
  isRunning: boolean;
}

/** Until every arrival has its answer. */
export function simulate(arrivals: readonly Arrival[], options: SimulationOptions): Outcome {
  const costs = new CostModel();
  for (const run of options.measured) costs.observe(run, options.trueMs(run));
  const { workers } = options;
  const ledger = new Admission({ maxQueuedWork: options.maxQueuedWork, costs });
  const events: { readonly atMs: number; happen(nowMs: number): void }[] = [];
  const residents: Resident[] = [];
  const served: Served[] = [];
  const refusals: { readonly arrival: Arrival; readonly error: InpaintError }[] = [];
  const returned = { admitted: 0, refused: 0 };
  let idle = workers;
  let busyMs = 0;

  const plan = (atMs: number, happen: (nowMs: number) => void) => {
    const place = events.findLastIndex((event) => event.atMs <= atMs) + 1;
    events.splice(place, 0, { atMs, happen });
  };

  const arrive = (arrival: Arrival, isBack: boolean) => (nowMs: number) => {
    const { works, budgetMs, priority } = arrival;
    try {
      const jobs = ledger.admit(works, { nowMs, deadlineMs: nowMs + budgetMs, priority, workers });
      if (isBack) returned.admitted++;
      for (const job of jobs) {
        const turn = ledger.turnOf(job, workers);
        const record: Served = {
          job,
          works,
          admittedMs: nowMs,
          expectedMs: turn && turn.waitMs + turn.ownMs,
          endedMs: undefined,
          leftMs: undefined,
        };
        served.push(record);
        residents.push({ served: record, ...runsOf(job.work), done: 0, isRunning: false });
      }
      residents.sort((a, b) => compareJobs(a.served.job, b.served.job));
      dispatch(nowMs);
    } catch (error) {
      if (!(error instanceof InpaintError)) throw error;
      if (isBack) returned.refused++;
      else {
        refusals.push({ arrival, error });
        if (error.retryAfterMs === undefined) return;
        const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
        plan(nowMs + seconds * 1000, arrive(arrival, true));
      }
    }
  };

  const leave = (resident: Resident, nowMs: number, ended: boolean) => {
    residents.splice(residents.indexOf(resident), 1);
    resident.served.leftMs = nowMs;
    if (ended) resident.served.endedMs = nowMs;
    ledger.finish(resident.served.job);
  };

  const dispatch = (nowMs: number) => {
    while (idle > 0) {
      const resident = residents.find(({ isRunning }) => !isRunning);
      const run = resident?.runs[resident.done];
      if (resident === undefined || run === undefined) return;
      if (resident.served.job.deadlineMs < nowMs) {
        leave(resident, nowMs, false);
        continue;
      }
      const ms = options.trueMs(run);
      resident.isRunning = true;
      idle--;
      busyMs += ms;
      plan(nowMs + ms, (endMs) => {
        idle++;
        resident.isRunning = false;
        resident.done++;
        costs.observe(run, ms);
        const { job } = resident.served;
        if (run.kind === "unet") {
          ledger.progress(job, job.work.unetCalls - (resident.done - resident.beforeCalls));
        }
        if (resident.done === resident.runs.length) leave(resident, endMs, true);
        dispatch(endMs);
      });
    }
  };

  for (const arrival of arrivals) plan(arrival.atMs, arrive(arrival, false));
  let untilMs = 0;
  for (let event = events.shift(); event !== undefined; event = events.shift()) {
    untilMs = event.atMs;
    event.happen(event.atMs);
  }
  if (ledger.jobs > 0 || ledger.queuedWork !== 0) throw new Error("the ledger still counts what has ended");
  return { served, refusals, returned, busyMs, untilMs, costs };
}

/** Every run of one job, in order. */
function runsOf({ unetCalls, rows, height, width }: JobWork) {
  const image = (kind: DeviceRun["kind"]): DeviceRun => ({ kind, rows: 1, height, width });
  const prompts = Array.from({ length: rows }, (): DeviceRun => ({ ...image("text"), height: 0, width: 0 }));
  const before = [image("pixels"), ...prompts, image("vaeEncode")];
  const calls = Array.from({ length: unetCalls }, (): DeviceRun => ({ ...image("unet"), rows }));
  const runs = [...before, ...calls, image("vaeDecode"), image("pixels")];
  return { runs, beforeCalls: before.length };
}

/**
 * @file What a worker does next: a pure function of the jobs it holds. Knows order and fairness; runs nothing.
 *
 * One class goes before the other, and within a class the earliest deadline first. Jobs of equal shape ride along in a
 * UNet call, though others with earlier deadlines wait: but only so often, and never at the cost of one that has no
 * time to lose.
 */
import type { Priority } from "../job-order.js";
import type { JobId } from "../protocol.js";
import type { Stage } from "../stage.js";

export interface Candidate {
  readonly id: JobId;
  readonly stage: Stage;
  /** Jobs of equal shape can share a UNet call. */
  readonly shape: string;
  readonly priority: Priority;
  readonly deadlineMs: number;
  /** UNet calls that served a later deadline of its class and not this job, since it was served last. */
  readonly passedOver: number;
  /** Late if anybody later goes before. */
  readonly tight: boolean;
  /** Shares no call: it may have ended a worker. */
  readonly alone: boolean;
}

export interface ChooseOptions {
  /** Most jobs in one UNet call, ≥ 1. */
  readonly maxBatch: number;
  /** What was done since the last UNet call. */
  readonly sinceTick: { readonly vaeRuns: number; readonly otherRuns: number };
  /** UNet calls in a row that were led by an online job while a batch job could have been. */
  readonly onlineTicks: number;
  /** Another row costs less than the first: the lower class may ride along. */
  readonly sharingPays: boolean;
}

/** `denoise`: one UNet call for all of `ids`; else that stage of the one job. */
export interface Choice {
  readonly stage: Stage;
  readonly ids: readonly JobId[];
}

/** Text runs and image arithmetic between two UNet calls, beside at most one run of the VAE. */
const MAX_OTHER_RUNS = 4;
/** So that they end one day under an endless load of online jobs, every so many calls are the batch jobs'. */
const ONLINE_TICKS_IN_A_ROW = 8;

const isVaeRun = ({ stage }: Candidate) => stage === "vaeEncode" || stage === "vaeDecode";

/** Earlier deadline first; of equal ones, the one that came first. */
const byDeadline = (a: Candidate, b: Candidate) => a.deadlineMs - b.deadlineMs || a.id - b.id;

/** Undefined when there is nothing to do. */
export function chooseRun(jobs: readonly Candidate[], options: ChooseOptions): Choice | undefined {
  const { sinceTick, onlineTicks } = options;
  const leading: Priority = onlineTicks >= ONLINE_TICKS_IN_A_ROW ? "batch" : "online";
  const ordered = [...jobs].sort(
    (a, b) => Number(a.priority !== leading) - Number(b.priority !== leading) || byDeadline(a, b),
  );
  const denoising = ordered.filter(({ stage }) => stage === "denoise");
  const others = ordered.filter(({ stage }) => stage !== "denoise");
  const other =
    denoising.length === 0
      ? others[0]
      : others.find((job) => (isVaeRun(job) ? sinceTick.vaeRuns < 1 : sinceTick.otherRuns < MAX_OTHER_RUNS));
  if (other !== undefined) return { stage: other.stage, ids: [other.id] };
  const batch = microBatch(denoising, options);
  return batch.length === 0 ? undefined : { stage: "denoise", ids: batch.map(({ id }) => id) };
}

/** `denoising` is in order of class and deadline; the first one's class leads. */
function microBatch(
  denoising: readonly Candidate[],
  { maxBatch, sharingPays }: ChooseOptions,
): readonly Candidate[] {
  const priority = denoising[0]?.priority;
  const leading = denoising.filter((job) => job.priority === priority);
  const leader = leading.find(isFirmAmong(leading, maxBatch)) ?? leading[0];
  if (leader === undefined) return [];
  if (leader.alone) return [leader];
  const company = companyOf(leader, leading, maxBatch);
  // Online jobs ride along in a batch job's turn; batch jobs only where that costs the others little.
  const others = denoising.filter((job) => job.priority !== priority);
  const riders = priority === "batch" || sharingPays ? companyOf(leader, others, maxBatch) : [];
  return [leader, ...company, ...riders].slice(0, maxBatch);
}

/** Those of one class, in order, that can ride along: as long as none of them is passed over that may not be. */
function companyOf(leader: Candidate, ofClass: readonly Candidate[], maxBatch: number): readonly Candidate[] {
  const isFirm = isFirmAmong(ofClass, maxBatch);
  const company: Candidate[] = [];
  for (const job of ofClass) {
    if (job === leader) continue;
    if (job.shape === leader.shape && !job.alone) company.push(job);
    else if (isFirm(job)) break;
  }
  return company;
}

/** Whether nobody with a later deadline may go before a job. */
function isFirmAmong(ofClass: readonly Candidate[], maxBatch: number): (job: Candidate) => boolean {
  const limit = Math.ceil(ofClass.length / maxBatch);
  return (job) => job.tight || job.passedOver >= limit;
}

/** How often each denoising job has been passed over once `choice`, a UNet call, has been made. */
export function passedOverAfter(jobs: readonly Candidate[], { ids }: Choice): ReadonlyMap<JobId, number> {
  const served = jobs.filter(({ id }) => ids.includes(id));
  return new Map(
    jobs
      .filter(({ stage }) => stage === "denoise")
      .map((job) => {
        if (ids.includes(job.id)) return [job.id, 0];
        const passed = served.some((other) => other.priority === job.priority && byDeadline(job, other) < 0);
        return [job.id, job.passedOver + Number(passed)];
      }),
  );
}

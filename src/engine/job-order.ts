/** @file Which of two admitted jobs goes first. Knows no queue and no time. */
import { type JobWork, workOf } from "./job-work.js";

/** In the order in which they are served. */
export const PRIORITIES = ["online", "batch"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A job from its admission until it is finished. */
export interface AdmittedJob {
  readonly work: JobWork;
  /** When its client stops waiting, on the clock that the caller keeps; may be infinite. */
  readonly deadlineMs: number;
  readonly priority: Priority;
  /** Counts admitted jobs, from 1. */
  readonly sequence: number;
  /** UNet calls still to be made: 0 … `work.unetCalls`. */
  readonly callsLeft: number;
}

/** Of its UNet calls, in row pixels. */
export function workLeft({ work, callsLeft }: AdmittedJob): number {
  return workOf({ ...work, unetCalls: callsLeft });
}

export type JobPlace = Pick<AdmittedJob, "priority" | "deadlineMs" | "sequence">;

/** For sorting: online before batch, then the earliest deadline, then who came first. 0 only for a job with itself. */
export function compareJobs(a: JobPlace, b: JobPlace): number {
  if (a.priority !== b.priority) return PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);
  if (a.deadlineMs !== b.deadlineMs) return a.deadlineMs < b.deadlineMs ? -1 : 1; // infinities have no difference
  return a.sequence - b.sequence;
}

/** True when `a` goes before `b`. */
export function precedes(a: JobPlace, b: JobPlace): boolean {
  return compareJobs(a, b) < 0;
}

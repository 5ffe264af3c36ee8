/** @file The stages of a job inside a worker, each measured once; log, histogram and bench read these values. */

export const JOB_STAGES = ["queue", "text", "vaeEncode", "denoise", "vaeDecode", "pixels"] as const;
/** Milliseconds per stage. `denoise` is all UNet calls and scheduler steps, `pixels` all image arithmetic. */
export type JobStage = (typeof JOB_STAGES)[number];
export type JobTimes = Readonly<Record<JobStage, number>>;

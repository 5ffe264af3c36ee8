/** @file The stages of a job in a worker. Knows their names; their order is resident-job.ts's. */

/** What a job needs next. All but `denoise` are done for one job at a time. */
export type Stage = "prepare" | "text" | "vaeEncode" | "denoise" | "vaeDecode" | "finish";

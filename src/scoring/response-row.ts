/**
 * @file A row of the answer: of an image that was made, or of one that failed. Knows the response's keys, and which
 * failures are a row's own; runs nothing.
 */
import { type ErrorCode, InpaintError } from "../errors/inpaint-error.js";
import type { PlannedImage } from "./planned-image.js";
import type { JobResult } from "./ports.js";
import type { ResponseRow, RowError, RowTimings } from "./wire-types.generated.js";

/**
 * Failures that lie in the row: the other rows are answered all the same. Any other failure (no worker, a full queue,
 * a client that went) is the request's, and would meet the other rows too. What the runtime says of a failed job is for
 * the log, as with every fault of the server.
 */
const ROW_ERRORS = {
  NON_FINITE_OUTPUT: "The model's output is not finite (NaN or infinity), so there is no image to return.",
  INFERENCE_FAILED: "The model failed on this row. Check the logs for more info.",
  OUT_OF_MEMORY: "There is too little memory to compute this row.",
  JOB_ENDS_WORKERS: "This row ended the processes that computed it, so it is not tried again.",
} as const satisfies Record<RowError["code"], string>;

/** `error` as the row may say it; undefined when it is the request's. */
export function rowError(error: unknown): RowError | undefined {
  if (!(error instanceof InpaintError) || !isRowCode(error.code)) return undefined;
  return { code: error.code, message: ROW_ERRORS[error.code] };
}

function isRowCode(code: ErrorCode): code is RowError["code"] {
  return Object.hasOwn(ROW_ERRORS, code);
}

/** A tenth of a millisecond is below what repeats. */
const rounded = (ms: number) => Math.round(ms * 10) / 10;

function timings(planned: PlannedImage, times: JobResult["times"], imageEncodeMs: number): RowTimings {
  return {
    imageDecode: rounded(planned.imageDecodeMs),
    queue: rounded(times.queue),
    text: rounded(times.text),
    vaeEncode: rounded(times.vaeEncode),
    denoise: rounded(times.denoise),
    vaeDecode: rounded(times.vaeDecode),
    pixels: rounded(times.pixels),
    imageEncode: rounded(imageEncodeMs),
  };
}

export interface MadeImage {
  readonly file: Uint8Array;
  readonly imageEncodeMs: number;
  readonly times: JobResult["times"];
  /** All of the row's. */
  readonly warnings: readonly string[];
}

export function rowOfImage(planned: PlannedImage, made: MadeImage): ResponseRow {
  const { buffer, byteOffset, byteLength } = made.file;
  return {
    prompt: planned.job.prompt,
    generated_image: Buffer.from(buffer, byteOffset, byteLength).toString("base64"),
    nsfw_content_detected: null,
    ...(planned.details && {
      seed: planned.job.seed,
      warnings: [...made.warnings],
      timings: timings(planned, made.times, made.imageEncodeMs),
    }),
  };
}

/** The error stands in the row whether details were asked for or not: the empty image needs its reason. */
export function rowOfFailure(planned: PlannedImage, error: RowError): ResponseRow {
  return {
    prompt: planned.job.prompt,
    generated_image: "",
    nsfw_content_detected: null,
    error,
    ...(planned.details && { seed: planned.job.seed, warnings: [...planned.warnings] }),
  };
}

/**
 * @file A row of the answer: of an image that was made, or of one that failed. Knows the response's keys, and which
 * failures are a row's own; runs nothing.
 */
import { type ErrorCode, InpaintError } from "../errors/inpaint-error.js";
import type { PlannedImage } from "./planned-image.js";
import type { HarmCategory, JobResult } from "./ports.js";
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
} as const satisfies Record<FailureCode, string>;

type FailureCode = Exclude<RowError["code"], "CONTENT_BLOCKED">;

/** Content safety found a part of the row, or its image, harmful. */
export interface RowRefusal {
  readonly kind: "blocked";
  readonly field: NonNullable<RowError["field"]>;
  readonly category: HarmCategory | "Blocklist";
  /** Of a blocklist's hit there is none. */
  readonly severity: number | undefined;
}

/** What was seen of a row and its image: false is harmless, null is that nobody looked. */
export type NsfwFlag = ResponseRow["nsfw_content_detected"];

/** `error` as the row may say it; undefined when it is the request's. */
export function rowError(error: unknown): RowError | undefined {
  if (!(error instanceof InpaintError) || !isRowCode(error.code)) return undefined;
  return { code: error.code, message: ROW_ERRORS[error.code] };
}

/** The refusal for a caller who asked for its reasons. The text or image that was refused is not repeated. */
export function refusalError({ field, category, severity }: RowRefusal): RowError {
  const found = category === "Blocklist" ? "it is on a blocklist" : `${category}, severity ${severity}`;
  return {
    code: "CONTENT_BLOCKED",
    message: `${field} was refused by Azure AI Content Safety: ${found}`,
    field,
    category,
    ...(severity !== undefined && { severity }),
  };
}

function isRowCode(code: ErrorCode): code is FailureCode {
  return Object.hasOwn(ROW_ERRORS, code);
}

/** A tenth of a millisecond is below what repeats. */
const rounded = (ms: number) => Math.round(ms * 10) / 10;

function timings(planned: PlannedImage, { times, imageEncodeMs, screeningMs }: MadeImage): RowTimings {
  return {
    ...(planned.imageFetchMs !== undefined && { imageFetch: rounded(planned.imageFetchMs) }),
    imageDecode: rounded(planned.imageDecodeMs),
    queue: rounded(times.queue),
    text: rounded(times.text),
    vaeEncode: rounded(times.vaeEncode),
    denoise: rounded(times.denoise),
    vaeDecode: rounded(times.vaeDecode),
    pixels: rounded(times.pixels),
    imageEncode: rounded(imageEncodeMs),
    ...(screeningMs !== undefined && { screening: rounded(screeningMs) }),
  };
}

/**
 * A row of the answer before it is text. The image is the file's bytes, to be written as base64 while they are sent, or a
 * text that is sent as it is: empty where there is no image.
 */
export type ScoredRow = Omit<ResponseRow, "generated_image"> & {
  readonly generated_image: Uint8Array | string;
};

export interface MadeImage {
  readonly file: Uint8Array;
  readonly imageEncodeMs: number;
  /** Absent where nothing is screened. */
  readonly screeningMs: number | undefined;
  readonly nsfw: NsfwFlag;
  readonly times: JobResult["times"];
  /** All of the row's. */
  readonly warnings: readonly string[];
}

export function rowOfImage(planned: PlannedImage, made: MadeImage): ScoredRow {
  return {
    prompt: planned.job.prompt,
    generated_image: made.file,
    nsfw_content_detected: made.nsfw,
    ...(planned.details && {
      seed: planned.job.seed,
      warnings: [...made.warnings],
      timings: timings(planned, made),
    }),
  };
}

/** The error stands in the row whether details were asked for or not: the empty image needs its reason. */
export function rowOfFailure(planned: PlannedImage, error: RowError): ScoredRow {
  return emptyRow(planned, { nsfw: null, error });
}

/** `error` only for callers who are told why; Azure ML's own scripts leave the image empty and say nothing. */
export function rowOfRefusal(planned: PlannedImage, error: RowError | undefined): ScoredRow {
  return emptyRow(planned, { nsfw: true, error });
}

function emptyRow(
  { job, details, warnings }: PlannedImage,
  { nsfw, error }: { readonly nsfw: NsfwFlag; readonly error: RowError | undefined },
): ScoredRow {
  return {
    prompt: job.prompt,
    generated_image: "",
    nsfw_content_detected: nsfw,
    ...(error !== undefined && { error }),
    ...(details && { seed: job.seed, warnings: [...warnings] }),
  };
}

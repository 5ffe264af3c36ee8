/**
 * @file The images of a request, each from its plan to its row of the answer: run, screened, encoded. Knows which
 * failures are a row's own; knows neither the request's text nor what is answered where it is refused whole.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { inSpan } from "../observability/in-span.js";
import type { Metrics } from "../observability/metrics.js";
import type { RequestRecord } from "../observability/request-record.js";
import { ImageObserver } from "./image-observer.js";
import type { PlannedImage } from "./planned-image.js";
import type { ImageCodec, JobResult, Permit, Screener } from "./ports.js";
import { loggedPlace } from "./problems.js";
import {
  refusalError,
  rowError,
  rowOfFailure,
  rowOfImage,
  rowOfRefusal,
  type ScoredRow,
} from "./response-row.js";
import type { ScoreObserver } from "./score-observer.js";
import { type Screened, screenResult } from "./screening.js";

/** How content is screened, and what callers are told of it. */
export interface Screening {
  readonly screener: Screener;
  /**
   * `azureml`: as the published scripts, one blocked row empties the whole answer, and a blocked result its image.
   * `detailed`: each blocked row or result says what was found; the other rows are made.
   */
  readonly response: "azureml" | "detailed";
}

/** What was found of the rows, before any ran. */
export interface ScreenedRows {
  readonly byRow: ReadonlyMap<number, Screened>;
  /** Milliseconds it took. */
  readonly ms: number;
}

export interface Outcome {
  readonly row: ScoredRow;
  readonly warnings: readonly string[];
  readonly failure?: unknown;
}

export interface MakeImagesOptions {
  readonly codec: ImageCodec;
  readonly metrics: Pick<Metrics, "stageSeconds">;
  readonly screening: Screening | undefined;
  /** Absent where nothing is screened. */
  readonly screenedRows: ScreenedRows | undefined;
  readonly permit: Permit;
  readonly observer: ScoreObserver | undefined;
  readonly record: RequestRecord | undefined;
  readonly signal: AbortSignal;
}

const UNSCREENED = "content safety could not be asked, and this server lets that pass: nobody looked at it";

/** What the caller can mend names its row, as what is found before any job runs does. */
function ofRow(failure: unknown, where: string): unknown {
  return failure instanceof InpaintError && failure.code === "INVALID_INPUT"
    ? new InpaintError("INVALID_INPUT", `${where}: ${failure.message}`, {
        cause: failure,
        places: [loggedPlace(where)],
      })
    : failure;
}

export interface Making {
  /**
   * Of every image, in order. Rejects at once with the first failure that is the request's own, after which the other
   * jobs are cancelled.
   */
  readonly outcomes: Promise<readonly Outcome[]>;
  /** Resolves when no job holds its image any more, which may be later: a worker acknowledges that it has stopped. */
  readonly settled: Promise<unknown>;
}

export function makeImages(
  images: readonly PlannedImage[],
  { codec, metrics, screening, screenedRows, permit, observer, record, signal }: MakeImagesOptions,
): Making {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);

  async function timed<T>(stage: "imageEncode" | "screenOutput", work: Promise<T>) {
    const startMs = performance.now();
    const value = await work;
    const ms = performance.now() - startMs;
    metrics.stageSeconds.observe({ stage }, ms / 1000);
    return { value, ms };
  }

  const trace = record?.scoreSpan;
  const common = { signal: either, ...(trace !== undefined && { trace }) };

  async function run({ job, rowIndex }: PlannedImage, image: number): Promise<JobResult> {
    if (observer === undefined) return permit.run(image, job, common);
    const ofImage = new ImageObserver({ row: rowIndex, image }, observer, codec);
    // A preview would be an image that nobody has looked at.
    const previews = screening === undefined;
    try {
      return await permit.run(image, job, { ...common, observer: ofImage, previews });
    } finally {
      ofImage.stop();
    }
  }

  function refused(planned: PlannedImage, found: Screened & { readonly kind: "blocked" }): Outcome {
    const error = screening?.response === "detailed" ? refusalError(found) : undefined;
    return { row: rowOfRefusal(planned, error), warnings: planned.warnings };
  }

  async function make(planned: PlannedImage, i: number): Promise<Outcome> {
    const input = screenedRows?.byRow.get(planned.rowIndex);
    if (screening !== undefined && input === undefined) {
      throw new InpaintError("INTERNAL", "a row would run that was not screened: this is a bug");
    }
    if (input?.kind === "blocked") return refused(planned, input);
    const { image, times, warnings: ofJob } = await run(planned, i);
    const result =
      screening &&
      (await timed(
        "screenOutput",
        inSpan(trace, "screen", { "inpaint.screened": "output" }, () =>
          screenResult(image, screening.screener, either),
        ),
      ));
    const screeningMs = result && result.ms + (screenedRows?.ms ?? 0);
    if (screeningMs !== undefined) record?.took("screening", screeningMs);
    const output = result?.value;
    if (output?.kind === "blocked") return refused(planned, output);
    const isUnscreened = input?.kind === "unscreened" || output?.kind === "unscreened";
    const file = await timed("imageEncode", codec.encode(image, planned.output));
    record?.made({ ...times, imageDecode: planned.imageDecodeMs, imageEncode: file.ms });
    const warnings = [...planned.warnings, ...ofJob, ...(isUnscreened ? [UNSCREENED] : [])];
    const row = rowOfImage(planned, {
      file: file.value,
      imageEncodeMs: file.ms,
      screeningMs,
      nsfw: input?.kind === "allowed" && output?.kind === "allowed" ? false : null,
      times,
      warnings,
    });
    return { row, warnings };
  }

  async function makeOrTell(planned: PlannedImage, i: number): Promise<Outcome> {
    try {
      return await make(planned, i);
    } catch (failed) {
      const error = rowError(failed);
      if (error === undefined) throw ofRow(failed, planned.where);
      return { row: rowOfFailure(planned, error), warnings: planned.warnings, failure: failed };
    }
  }

  async function allOf(all: readonly Promise<Outcome>[]): Promise<readonly Outcome[]> {
    try {
      return await Promise.all(all);
    } catch (error) {
      failure.abort(); // nobody will read the other rows
      throw error;
    }
  }

  const all = images.map(makeOrTell);
  return { outcomes: allOf(all), settled: Promise.allSettled(all) };
}

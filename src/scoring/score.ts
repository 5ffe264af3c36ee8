/**
 * @file The use case: a request's rows in, result rows out. Every way in (HTTP, batch) calls this. Knows neither
 * HTTP nor the engine, only the ports of ports.ts.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { Metrics } from "../observability/metrics.js";
import { decodeImages } from "./decode-images.js";
import { createParameterReader, type ParameterLimits } from "./parameters.js";
import { type ParseOptions, parseRequest } from "./parse-request.js";
import { type PlannedImage, planRow } from "./planned-image.js";
import type { ImageCodec, JobRunner } from "./ports.js";
import { rowError, rowOfFailure, rowOfImage } from "./response-row.js";
import type { ResponseRow } from "./wire-types.generated.js";

export type { ResponseRow } from "./wire-types.generated.js";

/** The operator's caps and defaults; the settings of the same names. */
export interface ScoringLimits extends ParameterLimits {
  /** Of a request, and of the images that it asks for. */
  readonly maxRows: number;
  /** Of all images of one request together. */
  readonly maxRequestPixels: number;
}

export interface ScorerOptions {
  readonly codec: ImageCodec;
  readonly runner: JobRunner;
  readonly limits: ScoringLimits;
  readonly metrics: Pick<Metrics, "stageSeconds">;
}

export interface Scored {
  /** In the order of the request's rows, and of each row's images. */
  readonly rows: readonly ResponseRow[];
  /** One per row of the answer: the caller's plus the image's number in its row, or one drawn. */
  readonly seeds: readonly number[];
  /** Sentences about single rows, each with its row of the request. */
  readonly warnings: readonly string[];
  /** Why rows failed that say so: for the log. */
  readonly failures: readonly unknown[];
}

export interface Scorer {
  /**
   * Score `body`, any JSON value. Rejects with InpaintError BODY_NOT_OBJECT, INPUT_DATA_MISSING or INVALID_INPUT
   * before any job runs; afterwards with what the job runner rejects with, the other jobs being cancelled, unless
   * it lies in one row: then that row tells it.
   */
  score(body: unknown, options: { readonly signal: AbortSignal }): Promise<Scored>;
}

interface Outcome {
  readonly row: ResponseRow;
  readonly warnings: readonly string[];
  readonly failure?: unknown;
}

/** What the caller can mend names its row, as what is found before any job runs does. */
function ofRow(failure: unknown, rowIndex: number): unknown {
  return failure instanceof InpaintError && failure.code === "INVALID_INPUT"
    ? new InpaintError("INVALID_INPUT", `data[${rowIndex}]: ${failure.message}`, { cause: failure })
    : failure;
}

export function createScorer({ codec, runner, limits, metrics }: ScorerOptions): Scorer {
  const parseOptions: ParseOptions = { ...limits, parameterReader: createParameterReader(limits) };

  /** All images of a request. Throws its problems when there is any: no job runs of a request with a bad row. */
  async function planImages(body: unknown, signal: AbortSignal): Promise<readonly PlannedImage[]> {
    const { rows, problems } = parseRequest(body, parseOptions);
    for (const [i, { parameters }] of rows.entries()) {
      for (const problem of parameters ? runner.problemsWith(parameters.job) : []) {
        problems.add(`data[${i}]`, problem);
      }
    }
    const decoded = await decodeImages(
      rows.flatMap(({ image, maskImage, parameters }) => {
        const exifTranspose = parameters?.exifTranspose ?? false;
        return [image, maskImage].map((text) => text && { ...text, exifTranspose });
      }),
      {
        codec,
        maxPixels: limits.maxRequestPixels,
        problems,
        onDecoded: (ms) => metrics.stageSeconds.observe({ stage: "imageDecode" }, ms / 1000),
        signal,
      },
    );
    const planned = rows.map((draft, i) => planRow(draft, i, decoded[2 * i], decoded[2 * i + 1], problems));
    problems.throwIfAny();
    if (planned.includes(undefined)) {
      throw new InpaintError("INTERNAL", "a row without a problem gave no job: this is a bug");
    }
    return planned.flatMap((images) => images ?? []);
  }

  async function make(planned: PlannedImage, signal: AbortSignal): Promise<Outcome> {
    const { image, times, warnings: ofJob } = await runner.run(planned.job, { signal });
    const startMs = performance.now();
    const file = await codec.encode(image, planned.output);
    const imageEncodeMs = performance.now() - startMs;
    metrics.stageSeconds.observe({ stage: "imageEncode" }, imageEncodeMs / 1000);
    const warnings = [...planned.warnings, ...ofJob];
    return { row: rowOfImage(planned, { file, imageEncodeMs, times, warnings }), warnings };
  }

  async function makeOrTell(planned: PlannedImage, signal: AbortSignal): Promise<Outcome> {
    try {
      return await make(planned, signal);
    } catch (failure) {
      const error = rowError(failure);
      if (error === undefined) throw ofRow(failure, planned.rowIndex);
      return { row: rowOfFailure(planned, error), warnings: planned.warnings, failure };
    }
  }

  return {
    async score(body, { signal }) {
      const images = await planImages(body, signal);
      const failure = new AbortController();
      const either = AbortSignal.any([signal, failure.signal]);
      try {
        const outcomes = await Promise.all(images.map((planned) => makeOrTell(planned, either)));
        return {
          rows: outcomes.map(({ row }) => row),
          seeds: images.map(({ job }) => job.seed),
          warnings: outcomes.flatMap(({ warnings }, i) =>
            warnings.map((warning) => `data[${images[i]?.rowIndex}]: ${warning}`),
          ),
          failures: outcomes.flatMap((outcome) => ("failure" in outcome ? [outcome.failure] : [])),
        };
      } catch (error) {
        failure.abort(); // nobody will read the other rows
        throw error;
      }
    },
  };
}

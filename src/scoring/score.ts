/**
 * @file The use case: a request's rows in, result rows out. Every way in (HTTP, batch) calls this. Knows neither
 * HTTP nor the engine, only the ports of ports.ts.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { Metrics } from "../observability/metrics.js";
import { ImageObserver } from "./image-observer.js";
import { createParameterReader, type ParameterLimits } from "./parameters.js";
import { type ParseOptions, parseRequest } from "./parse-request.js";
import { PixelBudget, type PixelHold } from "./pixel-budget.js";
import { planImages, reservePlaces } from "./plan-images.js";
import type { PlannedImage } from "./planned-image.js";
import type { ImageCodec, JobResult, JobRunner, Permit, ReserveOptions } from "./ports.js";
import { rowError, rowOfFailure, rowOfImage } from "./response-row.js";
import type { ScoreObserver } from "./score-observer.js";
import type { ResponseRow } from "./wire-types.generated.js";

export type { ResponseRow } from "./wire-types.generated.js";

/** The operator's caps and defaults; the settings of the same names. */
export interface ScoringLimits extends ParameterLimits {
  /** Of a request, and of the images that it asks for. */
  readonly maxRows: number;
  /** Of all images of one request together. */
  readonly maxRequestPixels: number;
  /** Of all input images of all requests together. */
  readonly maxDecodedPixels: number;
  /** Of all images of one answer together. */
  readonly maxResponsePixels: number;
}

export interface ScorerOptions {
  readonly codec: ImageCodec;
  readonly runner: JobRunner;
  readonly limits: ScoringLimits;
  readonly metrics: Pick<Metrics, "decodedPixels" | "stageSeconds">;
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

export interface ScoreOptions extends ReserveOptions {
  readonly observer?: ScoreObserver;
}

export interface Scorer {
  /**
   * Score `body`, any JSON value. Rejects with InpaintError BODY_NOT_OBJECT, INPUT_DATA_MISSING, INVALID_INPUT, or what
   * the job runner refuses to reserve with, before any job runs; afterwards with what the job runner rejects with, the
   * other jobs being cancelled, unless it lies in one row: then that row tells it.
   */
  score(body: unknown, options: ScoreOptions): Promise<Scored>;
}

/** A request that can run. */
interface Prepared {
  readonly images: readonly PlannedImage[];
  readonly permit: Permit;
  /** The memory of its images. */
  readonly held: PixelHold;
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
  const budget = new PixelBudget(limits.maxDecodedPixels, (held) => metrics.decodedPixels.set(held));
  const parseOptions: ParseOptions = { ...limits, parameterReader: createParameterReader(limits) };

  async function make(run: () => Promise<JobResult>, planned: PlannedImage): Promise<Outcome> {
    const { image, times, warnings: ofJob } = await run();
    const startMs = performance.now();
    const file = await codec.encode(image, planned.output);
    const imageEncodeMs = performance.now() - startMs;
    metrics.stageSeconds.observe({ stage: "imageEncode" }, imageEncodeMs / 1000);
    const warnings = [...planned.warnings, ...ofJob];
    return { row: rowOfImage(planned, { file, imageEncodeMs, times, warnings }), warnings };
  }

  async function makeOrTell(run: () => Promise<JobResult>, planned: PlannedImage): Promise<Outcome> {
    try {
      return await make(run, planned);
    } catch (failure) {
      const error = rowError(failure);
      if (error === undefined) throw ofRow(failure, planned.rowIndex);
      return { row: rowOfFailure(planned, error), warnings: planned.warnings, failure };
    }
  }

  /** The outcome of every image, in order. The first failure of the request's own cancels the other jobs. */
  async function makeAll(
    images: readonly PlannedImage[],
    permit: Permit,
    { signal, observer }: ScoreOptions,
  ): Promise<readonly Outcome[]> {
    const failure = new AbortController();
    const either = AbortSignal.any([signal, failure.signal]);

    async function runObserved({ job, rowIndex }: PlannedImage, image: number): Promise<JobResult> {
      if (observer === undefined) return permit.run(image, job, { signal: either });
      const ofImage = new ImageObserver({ row: rowIndex, image }, observer, codec);
      try {
        return await permit.run(image, job, { signal: either, observer: ofImage, previews: true });
      } finally {
        ofImage.stop();
      }
    }

    try {
      return await Promise.all(
        images.map((planned, i) => makeOrTell(() => runObserved(planned, i), planned)),
      );
    } catch (error) {
      failure.abort(); // nobody will read the other rows
      throw error;
    }
  }

  /** What a request asks for, with places for it. Nobody keeps its text: it is as large as its images. */
  async function prepare(body: unknown, { signal, deadlineMs, priority }: ReserveOptions): Promise<Prepared> {
    const parsed = parseRequest(body, parseOptions);
    const permit = reservePlaces(parsed, runner, { signal, deadlineMs, priority });
    const held = budget.hold();
    try {
      const { geometry } = runner;
      if (geometry === undefined) {
        throw new InpaintError("NOT_READY", "no worker is ready; try again in a few seconds");
      }
      const images = await planImages(parsed, {
        codec,
        geometry,
        maxPixels: limits.maxRequestPixels,
        maxResponsePixels: limits.maxResponsePixels,
        held,
        onDecoded: (ms) => metrics.stageSeconds.observe({ stage: "imageDecode" }, ms / 1000),
        signal,
      });
      return { images, permit, held };
    } catch (error) {
      held.release();
      permit.release();
      throw error;
    }
  }

  async function answer(prepared: Promise<Prepared>, options: ScoreOptions): Promise<Scored> {
    const { images, permit, held } = await prepared;
    try {
      options.observer?.onBegun();
      const outcomes = await makeAll(images, permit, options);
      return {
        rows: outcomes.map(({ row }) => row),
        seeds: images.map(({ job }) => job.seed),
        warnings: outcomes.flatMap(({ warnings }, i) =>
          warnings.map((warning) => `data[${images[i]?.rowIndex}]: ${warning}`),
        ),
        failures: outcomes.flatMap((outcome) => ("failure" in outcome ? [outcome.failure] : [])),
      };
    } finally {
      held.release();
      permit.release();
    }
  }

  return {
    // not async: what waits for the jobs would hold the body
    score: (body, options) => answer(prepare(body, options), options),
  };
}

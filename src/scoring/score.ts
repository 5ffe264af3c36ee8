/**
 * @file The use case: a request's rows in, result rows out. Every way in (HTTP, batch) calls this. Knows neither
 * HTTP nor the engine, only the ports of ports.ts.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { inSpan } from "../observability/in-span.js";
import type { Metrics } from "../observability/metrics.js";
import type { RequestRecord } from "../observability/request-record.js";
import { describeRows } from "./describe-rows.js";
import { makeImages, type ScreenedRows, type Screening } from "./make-images.js";
import { createParameterReader, type ParameterLimits } from "./parameters.js";
import { type ParseOptions, parseRequest } from "./parse-request.js";
import { PixelBudget, type PixelHold } from "./pixel-budget.js";
import { planImages, reservePlaces } from "./plan-images.js";
import type { PlannedImage } from "./planned-image.js";
import type { ImageCodec, ImageSource, JobRunner, Permit, ReserveOptions } from "./ports.js";
import type { ScoredRow } from "./response-row.js";
import type { ScoreObserver } from "./score-observer.js";
import { screenRows } from "./screening.js";
import { takingTurns } from "./screening-turns.js";

export type { Screening } from "./make-images.js";
export type { ScoredRow } from "./response-row.js";

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
  /** Of images that are given by URL. Absent: URLs are refused. */
  readonly imageSource?: ImageSource | undefined;
  readonly runner: JobRunner;
  /** Absent: nothing is screened. */
  readonly screening?: Screening | undefined;
  readonly limits: ScoringLimits;
  readonly metrics: Pick<Metrics, "decodedPixels" | "stageSeconds">;
}

export interface Scored {
  /** Content safety refused the request as a whole: there is no row, and nobody is told which part it was. */
  readonly blocked: boolean;
  /** In the order of the request's rows, and of each row's images. */
  readonly rows: readonly ScoredRow[];
  /** One per row of the answer: the caller's plus the image's number in its row, or one drawn. */
  readonly seeds: readonly number[];
  /** Sentences about single rows, each with its row of the request. */
  readonly warnings: readonly string[];
  /** Why rows failed that say so: for the log. */
  readonly failures: readonly unknown[];
}

export interface ScoreOptions extends ReserveOptions {
  readonly observer?: ScoreObserver;
  /** Gathers what may be told of the request. */
  readonly record?: RequestRecord;
  /**
   * Called once, when nothing of the body but its prompts is in memory any more: its images have become pixels, which
   * count among their own, or it was refused.
   */
  readonly onRead?: () => void;
}

export interface Scorer {
  /**
   * Score `body`, any JSON value. Rejects with InpaintError BODY_NOT_OBJECT, INPUT_DATA_MISSING, INVALID_INPUT, or what
   * the job runner refuses to reserve with, before any job runs; afterwards with what the job runner rejects with, the
   * other jobs being cancelled, unless it lies in one row: then that row tells it. SCREENING_UNAVAILABLE at any time:
   * nothing is made or returned that could not be screened.
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

const hasBlocked = (rows: ScreenedRows | undefined) =>
  [...(rows?.byRow.values() ?? [])].some(({ kind }) => kind === "blocked");

const BLOCKED: Scored = { blocked: true, rows: [], seeds: [], warnings: [], failures: [] };

export function createScorer(options: ScorerOptions): Scorer {
  const { codec, imageSource, runner, screening: asked, limits, metrics } = options;
  const budget = new PixelBudget(limits.maxDecodedPixels, (held) => metrics.decodedPixels.set(held));
  const parseOptions: ParseOptions = { ...limits, parameterReader: createParameterReader(limits) };

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
        source: imageSource,
        geometry,
        maxPixels: limits.maxRequestPixels,
        maxResponsePixels: limits.maxResponsePixels,
        held,
        onFetched: (ms) => metrics.stageSeconds.observe({ stage: "imageFetch" }, ms / 1000),
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

  async function screen(
    images: readonly PlannedImage[],
    { screener, response }: Screening,
    { signal, record }: ScoreOptions,
  ): Promise<ScreenedRows> {
    const startMs = performance.now();
    const byRow = await inSpan(record?.scoreSpan, "screen", { "inpaint.screened": "input" }, () =>
      screenRows(images, { screener, stopAtFirst: response === "azureml", signal }),
    );
    const ms = performance.now() - startMs;
    metrics.stageSeconds.observe({ stage: "screenInput" }, ms / 1000);
    record?.took("screening", ms);
    return { byRow, ms };
  }

  async function answer(prepared: Promise<Prepared>, options: ScoreOptions): Promise<Scored> {
    const { images, permit, held } = await prepared;
    let settled: Promise<unknown> = Promise.resolve();
    try {
      options.record?.plan(describeRows(images));
      const screening = asked && { ...asked, screener: takingTurns(asked.screener) };
      const screenedRows = screening && (await screen(images, screening, options));
      if (screening?.response === "azureml" && hasBlocked(screenedRows)) return BLOCKED;
      options.observer?.onBegun();
      const { observer, record, signal } = options;
      const around = { codec, metrics, screening, screenedRows, permit, observer, record, signal };
      const making = makeImages(images, around);
      settled = making.settled;
      const outcomes = await making.outcomes;
      return {
        blocked: false,
        rows: outcomes.map(({ row }) => row),
        seeds: images.map(({ job }) => job.seed),
        warnings: outcomes.flatMap(({ warnings }, i) =>
          warnings.map((warning) => `${images[i]?.where}: ${warning}`),
        ),
        failures: outcomes.flatMap((outcome) => ("failure" in outcome ? [outcome.failure] : [])),
      };
    } finally {
      permit.release();
      // Jobs that are cancelled hold their pixels until they have stopped; the answer does not wait for that.
      void settled.then(() => held.release());
    }
  }

  return {
    // not async: what waits for the jobs would hold the body
    score(body, options) {
      options.record?.begin(options.priority);
      const prepared = prepare(body, options).finally(options.onRead);
      const scored = answer(prepared, options);
      return options.record?.over(scored) ?? scored;
    },
  };
}

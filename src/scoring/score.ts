/**
 * @file The use case: a request's rows in, result rows out. Every way in (HTTP, batch) calls this. Knows neither
 * HTTP nor the engine, only the ports of ports.ts.
 */
import { randomInt } from "node:crypto";
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Metrics } from "../observability/metrics.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { decodeImages } from "./decode-images.js";
import { createParameterReader, type ParameterLimits } from "./parameters.js";
import { type ParseOptions, parseRequest, type RowDraft } from "./parse-request.js";
import type { ImageCodec, JobRunner } from "./ports.js";
import type { ResponseRow } from "./wire-types.generated.js";

export type { ResponseRow } from "./wire-types.generated.js";

/** The operator's caps and defaults; the settings of the same names. */
export interface ScoringLimits extends ParameterLimits {
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
  /** In the order of the request's rows. */
  readonly rows: readonly ResponseRow[];
  /** One per row: the caller's, or the one drawn for it. */
  readonly seeds: readonly number[];
  /** Sentences about single rows, each with its row. */
  readonly warnings: readonly string[];
}

export interface Scorer {
  /**
   * Score `body`, any JSON value. Rejects with InpaintError BODY_NOT_OBJECT, INPUT_DATA_MISSING or INVALID_INPUT
   * before any job runs; afterwards with what the job runner rejects with, the other jobs being cancelled.
   */
  score(body: unknown, options: { readonly signal: AbortSignal }): Promise<Scored>;
}

/** Seeds drawn here have 32 bits: torch's CPU generator reads no more. */
const SEED_RANGE = 2 ** 32;

/** What a job asks for and no parameter says yet. */
const WITHOUT_A_PARAMETER = { strength: 1, eta: 0, maskBlur: 0, invertMask: false, maskFeather: 0 } as const;

/** The job of a row whose parts were all readable; undefined otherwise, when its problems are recorded. */
function jobOf(draft: RowDraft, image?: RgbImage, maskImage?: RgbImage): InpaintJob | undefined {
  const { prompt, parameters } = draft;
  if (prompt === undefined || image === undefined || maskImage === undefined || parameters === undefined) {
    return undefined;
  }
  const seed = parameters.seed ?? randomInt(SEED_RANGE);
  return { ...WITHOUT_A_PARAMETER, ...parameters, prompt, image, maskImage, seed };
}

interface RowResult {
  readonly row: ResponseRow;
  readonly warnings: readonly string[];
}

export function createScorer({ codec, runner, limits, metrics }: ScorerOptions): Scorer {
  const parseOptions: ParseOptions = { ...limits, parameterReader: createParameterReader(limits) };

  /** All jobs of a request. Throws its problems when there is any: no job runs of a request with a bad row. */
  async function readJobs(body: unknown, signal: AbortSignal): Promise<readonly InpaintJob[]> {
    const { rows, problems } = parseRequest(body, parseOptions);
    for (const [i, { parameters }] of rows.entries()) {
      const problem = parameters && runner.problemWith({ ...WITHOUT_A_PARAMETER, ...parameters });
      if (problem !== undefined) problems.add(`data[${i}]`, problem);
    }
    const decoded = await decodeImages(
      rows.flatMap(({ image, maskImage }) => [image, maskImage]),
      {
        codec,
        maxPixels: limits.maxRequestPixels,
        problems,
        onDecoded: (ms) => metrics.stageSeconds.observe({ stage: "imageDecode" }, ms / 1000),
        signal,
      },
    );
    problems.throwIfAny();
    const jobs = rows
      .map((draft, i) => jobOf(draft, decoded[2 * i], decoded[2 * i + 1]))
      .filter((job) => job !== undefined);
    if (jobs.length !== rows.length) {
      throw new InpaintError("INTERNAL", "a row without a problem gave no job: this is a bug");
    }
    return jobs;
  }

  async function runRow(job: InpaintJob, signal: AbortSignal): Promise<RowResult> {
    const { image, warnings } = await runner.run(job, { signal });
    const startMs = performance.now();
    const png = await codec.encodePng(image);
    metrics.stageSeconds.observe({ stage: "pngEncode" }, (performance.now() - startMs) / 1000);
    const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
    return {
      row: { prompt: job.prompt, generated_image: base64, nsfw_content_detected: null },
      warnings,
    };
  }

  return {
    async score(body, { signal }) {
      const jobs = await readJobs(body, signal);
      const failure = new AbortController();
      const either = AbortSignal.any([signal, failure.signal]);
      try {
        const results = await Promise.all(jobs.map((job) => runRow(job, either)));
        return {
          rows: results.map(({ row }) => row),
          seeds: jobs.map(({ seed }) => seed),
          warnings: results.flatMap(({ warnings }, i) => warnings.map((warning) => `data[${i}]: ${warning}`)),
        };
      } catch (error) {
        failure.abort(); // nobody will read the other rows
        throw error;
      }
    },
  };
}

/** @file A screener whose verdicts are each test's own, and a scorer that asks it. Keeps what it was asked. */
import { untilAborted } from "../../src/async/until-aborted.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { JobRunner, RunOptions, Screener, Verdict } from "../../src/scoring/ports.js";
import { createScorer, type Screening } from "../../src/scoring/score.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { GEOMETRY, NO_TIMES } from "./job-runners.js";
import { codec, limits } from "./scoring.js";

export interface Asked {
  readonly text?: string;
  readonly image?: RgbImage;
}

type Answer = Verdict | Promise<Verdict>;

export const ALLOWED: Verdict = { kind: "allowed" };
export const UNSCREENED: Verdict = { kind: "unscreened" };
export const VIOLENT: Verdict = { kind: "blocked", category: "Violence", severity: 4 };
export const LISTED: Verdict = { kind: "blocked", category: "Blocklist", severity: undefined };

/** A verdict that never comes. */
export const silence = () => new Promise<Verdict>(() => {});

export const outage = async (): Promise<Verdict> => {
  throw new InpaintError("SCREENING_UNAVAILABLE", "the service is not there", { retryAfterMs: 7000 });
};

export class ScriptedScreener implements Screener {
  readonly asked: Asked[] = [];
  /** Questions whose signal aborted before they were answered. */
  cancelled = 0;
  readonly #verdict: (asked: Asked) => Answer;

  constructor(verdict: (asked: Asked) => Answer = () => ALLOWED) {
    this.#verdict = verdict;
  }

  get texts(): readonly string[] {
    return this.asked.flatMap(({ text }) => text ?? []);
  }

  get images(): readonly RgbImage[] {
    return this.asked.flatMap(({ image }) => image ?? []);
  }

  screenText(text: string, signal: AbortSignal): Promise<Verdict> {
    return this.#ask({ text }, signal);
  }

  screenImage(image: RgbImage, signal: AbortSignal): Promise<Verdict> {
    return this.#ask({ image }, signal);
  }

  async #ask(asked: Asked, signal: AbortSignal): Promise<Verdict> {
    this.asked.push(asked);
    try {
      return await untilAborted(Promise.resolve(this.#verdict(asked)), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      this.cancelled += 1;
      throw new InpaintError("CANCELLED", "the request ended before its content was screened");
    }
  }
}

/** The result of a job that a test tells from all that was sent: its seed in every pixel. */
export function pictureOf(seed: number): RgbImage {
  return { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(seed) };
}

/** The seed of a picture made by `pictureOf`; undefined for any other. */
export const seedOf = (image: RgbImage | undefined) => (image?.width === 16 ? image.data[0] : undefined);

/** Whether a question is about a result. */
export const isResult = ({ image }: Asked) => image !== undefined && seedOf(image) !== undefined;

/** A runner that gives `pictureOf` the job's seed, and counts what is held and what was cancelled. */
export class CountingRunner implements JobRunner {
  readonly geometry = GEOMETRY;
  readonly runs: { readonly seed: number; readonly options: RunOptions }[] = [];
  held = 0;
  cancelled = 0;
  readonly #until: (seed: number) => Promise<unknown>;

  /** A job of that seed ends with `until`. */
  constructor(until: (seed: number) => Promise<unknown> = async () => {}) {
    this.#until = until;
  }

  problemsWith(): readonly string[] {
    return [];
  }

  reserve(plans: readonly unknown[]): ReturnType<JobRunner["reserve"]> {
    let own = plans.length;
    this.held += own;
    return {
      run: async (_index, { seed }, options) => {
        this.runs.push({ seed, options });
        try {
          await untilAborted(this.#until(seed), options.signal);
        } catch (error) {
          if (!options.signal.aborted) throw error;
          this.cancelled += 1;
          throw new InpaintError("CANCELLED", "the job was cancelled");
        }
        return { image: pictureOf(seed), times: NO_TIMES, warnings: [] };
      },
      release: () => {
        this.held -= own;
        own = 0;
      },
    };
  }
}

export function screenedScorer(
  screener: Screener,
  {
    response = "azureml",
    runner = new CountingRunner(),
  }: { readonly response?: Screening["response"]; readonly runner?: CountingRunner } = {},
) {
  const metrics = createMetrics();
  const screening = { screener, response };
  const scorer = createScorer({ codec, runner, limits, metrics, screening });
  /** What is still held: a request that is over holds nothing. */
  const heldPixels = async () => (await metrics.decodedPixels.get()).values[0]?.value ?? 0;
  /** How often a stage was measured. */
  const stageCount = async (stage: string) => {
    const { values } = await metrics.stageSeconds.get();
    return (
      values.find(
        ({ metricName, labels }) => metricName?.endsWith("_count") === true && labels.stage === stage,
      )?.value ?? 0
    );
  };
  return { scorer, runner, metrics, heldPixels, stageCount };
}

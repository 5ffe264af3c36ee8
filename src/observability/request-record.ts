/**
 * @file What one HTTP request tells of itself, gathered where it is known: for the log line, the metrics, the
 * `Server-Timing` header and the trace. Counts, sizes, codes and times; never content.
 */
import { errorCode } from "../errors/error-code.js";
import type { ErrorCode } from "../errors/inpaint-error.js";
import type { SpanAttributes, TraceSpan } from "./tracing.js";

/** Those of a job, what is done around it, and the screening of content. */
const REQUEST_STAGES = [
  "imageDecode",
  "screening",
  "queue",
  "text",
  "vaeEncode",
  "denoise",
  "vaeDecode",
  "pixels",
  "imageEncode",
] as const;
type RequestStage = (typeof REQUEST_STAGES)[number];

/** A row's parameters as it was read. */
export interface RowFacts {
  readonly numInferenceSteps: number;
  readonly guidanceScale: number;
  readonly strength: number;
  readonly seed: number;
  readonly images: number;
  readonly promptChars: number;
  readonly negativePromptChars: number;
  readonly scheduler?: string;
  readonly height?: number;
  readonly width?: number;
}

/** A log line is no place for hundreds. */
const MAX_LOGGED_ROWS = 16;

const rounded = (ms: number) => Math.round(ms * 10) / 10;

export class RequestRecord {
  /** Of the HTTP request; undefined while nobody traces. */
  readonly span: TraceSpan | undefined;
  readonly #startMs = performance.now();
  readonly #stagesMs = new Map<RequestStage, number>();
  #scoreSpan: TraceSpan | undefined;
  #priority: string | undefined;
  #rows: readonly RowFacts[] = [];
  #rowErrors: readonly ErrorCode[] = [];
  #error: ErrorCode | undefined;
  #imagesMade = 0;
  #closed = false;

  constructor(span?: TraceSpan) {
    this.span = span;
  }

  /** What jobs are a part of. */
  get scoreSpan(): TraceSpan | undefined {
    return this.#scoreSpan;
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  get imagesMade(): number {
    return this.#imagesMade;
  }

  /** Why the request, or rows of it, failed. */
  get errors(): readonly ErrorCode[] {
    return this.#error === undefined ? this.#rowErrors : [this.#error, ...this.#rowErrors];
  }

  get isScored(): boolean {
    return this.#stagesMs.size > 0;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Scoring begins. */
  begin(priority: string): void {
    this.#priority = priority;
    this.#scoreSpan = this.span?.child("score", { "inpaint.priority": priority });
  }

  /** Every row was read, and its images will be made. */
  plan(rows: readonly RowFacts[]): void {
    this.#rows = rows;
    const images = rows.reduce((sum, row) => sum + row.images, 0);
    this.#scoreSpan?.set({ "inpaint.rows": rows.length, "inpaint.images": images });
  }

  /** A stage took `ms` for one image. Images are worked on side by side, so the longest stands for all. */
  took(stage: RequestStage, ms: number): void {
    this.#stagesMs.set(stage, Math.max(ms, this.#stagesMs.get(stage) ?? 0));
  }

  /** An image was made and encoded. */
  made(times: Readonly<Partial<Record<RequestStage, number>>>): void {
    this.#imagesMade++;
    for (const stage of REQUEST_STAGES) {
      const ms = times[stage];
      if (ms !== undefined) this.took(stage, ms);
    }
  }

  /** The request failed; the last reason is the one that was answered. */
  fail(error: unknown): void {
    this.#error = errorCode(error);
  }

  /** Scoring ends as `scored` does. */
  async over<T extends { readonly failures: readonly unknown[] }>(scored: Promise<T>): Promise<T> {
    try {
      const result = await scored;
      this.#rowErrors = result.failures.map(errorCode);
      return result;
    } catch (error) {
      this.#error ??= errorCode(error);
      this.#scoreSpan?.fail(errorCode(error));
      throw error;
    } finally {
      this.#scoreSpan?.set(this.#stageAttributes());
      this.#scoreSpan?.end();
    }
  }

  /** Nothing more is to be told of the request. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** True once. */
  close(): boolean {
    const isFirst = !this.#closed;
    this.#closed = true;
    return isFirst;
  }

  /**
   * `imageDecode;dur=3.1, queue;dur=12.0, …, total;dur=89.4`: milliseconds. Names as those of `inpaint_stage_seconds`, where
   * `screening` is `screenInput` and `screenOutput`.
   */
  serverTiming(): string {
    return [...this.#stages(), ["total", this.elapsedMs] as const]
      .map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`)
      .join(", ");
  }

  /** For the log. */
  get fields(): Readonly<Record<string, unknown>> {
    const stages = this.#stages();
    return {
      ...(this.#priority !== undefined && { priority: this.#priority }),
      ...(this.#rows.length > 0 && {
        rows: this.#rows.length,
        images: this.#imagesMade,
        parameters: this.#rows.slice(0, MAX_LOGGED_ROWS),
      }),
      ...(stages.length > 0 && {
        stagesMs: Object.fromEntries(stages.map(([name, ms]) => [name, rounded(ms)])),
      }),
      ...(this.#error !== undefined && { code: this.#error }),
      ...(this.#rowErrors.length > 0 && { rowErrors: this.#rowErrors }),
    };
  }

  #stages(): readonly (readonly [RequestStage, number])[] {
    return REQUEST_STAGES.flatMap((stage) => {
      const ms = this.#stagesMs.get(stage);
      return ms === undefined ? [] : [[stage, ms] as const];
    });
  }

  #stageAttributes(): SpanAttributes {
    return Object.fromEntries(this.#stages().map(([name, ms]) => [`inpaint.${name}_ms`, rounded(ms)]));
  }
}

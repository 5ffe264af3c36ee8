/**
 * @file One job as spans: its life, its wait, and the runs it had a part in. Knows what workers tell of runs; knows no
 * tracing library, and is not there while nobody traces.
 */
import type { InpaintJob } from "../diffusion/inpaint-job.js";
import type { JobTimes } from "../diffusion/stage-times.js";
import { errorCode } from "../errors/error-code.js";
import type { SpanAttributes, TraceSpan } from "../observability/tracing.js";
import type { JobRun } from "./worker-process.js";

/**
 * Most ticks of a job that become spans. Of a job with more calls every second, third … one does: 16 rows of 1000 steps
 * would be more than the exporter's queue holds, and more than anybody looks at.
 */
export const MAX_TICK_SPANS = 100;

export class JobTrace {
  readonly #span: TraceSpan;
  #waitsSinceMs: number | undefined;
  #attempt = 1;
  #ticks = 0;
  #tickSpans = 0;

  /** Begins now. */
  constructor(parent: TraceSpan, job: InpaintJob) {
    const nowMs = Date.now();
    this.#span = parent.child("job", attributesOf(job), nowMs);
    this.#waitsSinceMs = nowMs;
  }

  ran({ stage, run, jobs, startedAtMs, ms, call, calls }: JobRun): void {
    if (this.#waitsSinceMs !== undefined) this.#waited(this.#waitsSinceMs, startedAtMs);
    if (stage === "denoise") {
      this.#ticks++;
      if (call !== undefined && calls !== undefined && (call - 1) % Math.ceil(calls / MAX_TICK_SPANS) > 0)
        return;
      this.#tickSpans++;
    }
    const attributes: SpanAttributes = {
      "inpaint.attempt": this.#attempt,
      "inpaint.run.rows": run.rows,
      "inpaint.run.jobs": jobs,
      "inpaint.run.height": run.height,
      "inpaint.run.width": run.width,
      ...(call !== undefined && { "inpaint.tick.call": call }),
      ...(calls !== undefined && { "inpaint.tick.calls": calls }),
    };
    this.#span.child(stage === "denoise" ? "tick" : stage, attributes, startedAtMs).end(startedAtMs + ms);
  }

  /** Its worker ended: it waits again. */
  restarted(): void {
    this.#attempt++;
    this.#waitsSinceMs = Date.now();
    this.#span.event("worker lost", { "inpaint.attempt": this.#attempt });
  }

  /** The result was known. */
  cached(): void {
    this.#span.set({ "inpaint.result_cached": true });
    this.#span.end();
  }

  done(times: JobTimes): void {
    this.#span.set({ "inpaint.queue_ms": times.queue, "inpaint.denoise_ms": times.denoise });
    this.#end();
  }

  failed(error: unknown): void {
    this.#span.fail(errorCode(error));
    this.#end();
  }

  #waited(fromMs: number, toMs: number): void {
    this.#waitsSinceMs = undefined;
    this.#span.child("queue", { "inpaint.attempt": this.#attempt }, fromMs).end(Math.max(fromMs, toMs));
  }

  #end(): void {
    this.#span.set({
      "inpaint.attempts": this.#attempt,
      "inpaint.ticks": this.#ticks,
      "inpaint.ticks_without_span": this.#ticks - this.#tickSpans,
    });
    this.#span.end();
  }
}

/** Neither prompts nor pixels. */
function attributesOf(job: InpaintJob): SpanAttributes {
  const { numInferenceSteps, guidanceScale, strength, seed, scheduler, height, width } = job;
  return {
    "inpaint.num_inference_steps": numInferenceSteps,
    "inpaint.guidance_scale": guidanceScale,
    "inpaint.strength": strength,
    "inpaint.seed": seed,
    ...(scheduler !== undefined && { "inpaint.scheduler": scheduler }),
    ...(height !== undefined && { "inpaint.height": height }),
    ...(width !== undefined && { "inpaint.width": width }),
  };
}

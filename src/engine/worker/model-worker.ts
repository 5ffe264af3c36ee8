/**
 * @file What a worker does with its messages: opens the model, runs jobs, cancels them. Knows the protocol; does not
 * know how messages travel, nor what is in a model.
 */
import type { InpaintJob } from "../../diffusion/inpaint-job.js";
import { type ErrorCode, InpaintError } from "../../errors/inpaint-error.js";
import type { FromWorker, JobId, ModelOptions, ToWorker } from "../protocol.js";
import { expectSchedule } from "./expect-schedule.js";
import { loadModel } from "./load-model.js";
import type { LoadedModel } from "./loaded-model.js";
import { runJob } from "./run-job.js";
import { warmUp } from "./warm-up.js";

export class ModelWorker {
  readonly #reply: (message: FromWorker) => void;
  readonly #running = new Map<JobId, AbortController>();
  #model: LoadedModel | undefined;

  constructor(reply: (message: FromWorker) => void) {
    this.#reply = reply;
  }

  /** Settles when what the message asks for is done. Never rejects: what goes wrong is told in a message. */
  async receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "open":
        return this.#open(message.model);
      case "run":
        return this.#run(message.id, message.job);
      case "cancel":
        this.#running.get(message.id)?.abort();
        return;
      default:
        message satisfies never;
    }
  }

  async #open(options: ModelOptions): Promise<void> {
    try {
      const startMs = performance.now();
      const model = await loadModel(options);
      expectSchedule(model.schedulerConfig, options);
      const openedMs = performance.now();
      await warmUp(model);
      this.#model = model;
      this.#reply({
        type: "ready",
        openMs: Math.round(openedMs - startMs),
        warmUpMs: Math.round(performance.now() - openedMs),
        model: model.info,
        schedulerConfig: model.schedulerConfig,
        checkpoint: model.checkpoint,
      });
    } catch (error) {
      this.#reply({
        type: "fatal",
        ...describe(error, "INVALID_CHECKPOINT", `cannot serve ${options.modelDir}`),
      });
    }
  }

  async #run(id: JobId, job: InpaintJob): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      if (this.#model === undefined) throw new Error("a job came before the model was open: this is a bug");
      const { image, times, warnings } = await runJob(this.#model, job, {
        signal: controller.signal,
        onStarted: (unetCalls) => this.#reply({ type: "started", id, unetCalls }),
        onProgress: (call, calls) => this.#reply({ type: "progress", id, call, calls }),
      });
      this.#reply({ type: "done", id, image, times, warnings });
    } catch (error) {
      this.#reply({
        type: "failed",
        id,
        ...describe(error, "INFERENCE_FAILED", "the model failed on this job"),
      });
    } finally {
      this.#running.delete(id);
    }
  }
}

/** An InpaintError keeps its code and its words; anything else gets `code`, and its stack goes to the log. */
function describe(error: unknown, code: ErrorCode, what: string): { code: ErrorCode; message: string } {
  if (error instanceof InpaintError) return { code: error.code, message: error.message };
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return { code, message: `${what}: ${error instanceof Error ? error.message : String(error)}` };
}

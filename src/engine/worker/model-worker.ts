/**
 * @file What a worker does with its messages: opens the model, takes jobs, cancels them, answers. Knows the protocol;
 * does not know how messages travel, nor what is in a model.
 */
import type { ModelOptions, ToWorker } from "../protocol.js";
import { Batcher, type Reply } from "./batcher.js";
import { describeFailure } from "./describe-failure.js";
import { expectSchedule } from "./expect-schedule.js";
import { loadModel } from "./load-model.js";
import { rowCounts } from "./row-counts.js";
import { warmUp } from "./warm-up.js";
import { WorkerCaches } from "./worker-caches.js";

export class ModelWorker {
  readonly #reply: Reply;
  #batcher: Batcher | undefined;

  constructor(reply: Reply) {
    this.#reply = reply;
  }

  /** Never rejects: what goes wrong is told in a message. */
  async receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "open":
        return this.#open(message.model);
      case "run":
        if (this.#batcher === undefined)
          throw new Error("a job came before the model was open: this is a bug");
        this.#batcher.add(message);
        return;
      case "cancel":
        this.#batcher?.cancel(message.id);
        return;
      case "ping":
        return this.#reply({ type: "pong" });
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
      const counts = rowCounts(model.info.executionProvider, options);
      const previewMap = await warmUp(model, { rowCounts: counts });
      const caches = new WorkerCaches(options);
      this.#batcher = new Batcher(
        model,
        { maxBatch: options.maxBatch, rowCounts: counts, caches, previewMap },
        this.#reply,
      );
      await this.#reply({
        type: "ready",
        openMs: Math.round(openedMs - startMs),
        warmUpMs: Math.round(performance.now() - openedMs),
        model: model.info,
        geometry: model.geometry,
        schedulerConfig: model.schedulerConfig,
        checkpoint: model.checkpoint,
      });
    } catch (error) {
      await this.#reply({
        type: "fatal",
        ...describeFailure(error, "INVALID_CHECKPOINT", `cannot serve ${options.modelDir}`),
      });
    }
  }
}

/**
 * @file A worker's loop: the jobs it holds join and leave between runs, and every run is announced, made and told. Knows
 * the order of things in the process; what comes next is chosen in choose-run.ts, what a stage does in resident-job.ts.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { UnetCall } from "../../diffusion/denoising.js";
import { applyPreview, type PreviewMap } from "../../diffusion/latent-preview.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { RgbImage } from "../../tensor/rgb-image.js";
import { tensor } from "../../tensor/tensor.js";
import { CostModel } from "../cost-model.js";
import type { DeviceRun } from "../device-run.js";
import type { FromWorker, JobId, JobProgress, ToWorker } from "../protocol.js";
import type { AnnouncedRun } from "../run-limits.js";
import { type Candidate, type Choice, chooseRun, passedOverAfter } from "./choose-run.js";
import { describeFailure } from "./describe-failure.js";
import { isOutOfMemory } from "./is-out-of-memory.js";
import type { LoadedModel } from "./loaded-model.js";
import { ResidentJob } from "./resident-job.js";
import { UnetTick } from "./unet-tick.js";
import type { WorkerCaches } from "./worker-caches.js";

export interface BatcherOptions {
  /** Most jobs in one UNet call, ≥ 1. */
  readonly maxBatch: number;
  /** As UnetTickOptions says it. */
  readonly rowCounts: readonly number[];
  readonly caches: WorkerCaches;
  readonly previewMap: PreviewMap;
}

/** Fulfilled when the message, and all before it, have left the process. Never rejects. */
export type Reply = (message: FromWorker) => Promise<void>;

type RunMessage = Extract<ToWorker, { readonly type: "run" }>;

interface Resident {
  readonly job: ResidentJob;
  readonly message: RunMessage;
  started: boolean;
  passedOver: number;
  previewAtMs: number;
}

/** Between two previews of a job. */
const PREVIEW_EVERY_MS = 1000;
/** A job is tight when this many of the longest ticks would make it late. */
const TIGHT_TICKS = 2;

export class Batcher {
  readonly #model: LoadedModel;
  readonly #options: BatcherOptions;
  readonly #reply: Reply;
  readonly #residents = new Map<JobId, Resident>();
  readonly #costs = new CostModel();
  readonly #tick: UnetTick;
  #sinceTick = { vaeRuns: 0, otherRuns: 0 };
  #onlineTicks = 0;
  #longestTickMs = 0;
  #running = false;
  /** Of this process, before the engine's: what the fastest message showed. */
  #clockAheadMs = Number.POSITIVE_INFINITY;
  #economical = false;
  /** Time in which memory was freed: no run costs it again. */
  #roomMadeMs = 0;

  constructor(model: LoadedModel, options: BatcherOptions, reply: Reply) {
    this.#model = model;
    this.#options = options;
    this.#reply = reply;
    this.#tick = new UnetTick(model.networks, {
      rowCounts: options.rowCounts,
      onShrink: (rows, shape) => {
        void reply({ type: "shrunk", rows, shape, otherRounding: options.rowCounts.length === 1 });
      },
      makeRoom: () => this.#makeRoom(),
    });
  }

  /** Take a job; its end is told by `done` or `failed`. */
  add(message: RunMessage): void {
    const { id, job, sentMs } = message;
    this.#clockAheadMs = Math.min(this.#clockAheadMs, performance.now() - sentMs);
    try {
      this.#residents.set(id, {
        job: new ResidentJob(this.#model, job, this.#options.caches),
        message,
        started: false,
        passedOver: 0,
        previewAtMs: Number.NEGATIVE_INFINITY,
      });
    } catch (error) {
      this.#fail(id, error);
    }
    if (!this.#running) void this.#loop().catch((error: unknown) => this.#end(error));
  }

  /** The job is gone before the next run; told by `failed` with CANCELLED, unless it ended before. */
  cancel(id: JobId): void {
    if (this.#residents.has(id)) this.#fail(id, new InpaintError("CANCELLED", "the job was cancelled"));
  }

  async #loop(): Promise<void> {
    this.#running = true;
    await nextTurn(); // jobs that arrive together begin together
    for (;;) {
      const candidates = this.#candidates();
      const choice = chooseRun(candidates, {
        maxBatch: this.#options.maxBatch,
        sinceTick: this.#sinceTick,
        onlineTicks: this.#onlineTicks,
        sharingPays: this.#costs.sharingPays,
      });
      if (choice === undefined) break;
      if (choice.stage === "denoise") await this.#runTick(choice, candidates);
      else await this.#runStage(choice);
      await nextTurn(); // messages are read: a network blocks the thread while it runs
    }
    this.#running = false;
  }

  async #runStage({ stage, ids: [id = 0] }: Choice): Promise<void> {
    const resident = this.#residents.get(id);
    if (resident === undefined) return;
    if (stage === "vaeEncode" || stage === "vaeDecode") this.#sinceTick.vaeRuns++;
    else this.#sinceTick.otherRuns++;
    const { run } = resident.job;
    await this.#announced({ ids: [id], run, began: { stage, run } }, async () => {
      try {
        await this.#advance(resident.job);
      } catch (error) {
        this.#fail(id, error);
      }
      return [];
    });
    this.#tellStart(id, resident);
    const { finished } = resident.job;
    if (finished === undefined || !this.#residents.delete(id)) return;
    void this.#reply({ type: "done", id, ...finished });
  }

  async #runTick(choice: Choice, candidates: readonly Candidate[]): Promise<void> {
    this.#sinceTick = { vaeRuns: 0, otherRuns: 0 };
    this.#countTurns(choice, candidates);
    const served = choice.ids.flatMap((id) => {
      const resident = this.#residents.get(id);
      return resident === undefined ? [] : [{ id, resident }];
    });
    const [first] = served;
    if (first === undefined) return;
    const rows = served.reduce((sum, { resident }) => sum + resident.job.run.rows, 0);
    const run = { ...first.resident.job.run, rows };
    const calls = served.flatMap(({ id, resident }) => this.#nextCall(id, resident));
    if (calls.length < served.length) return; // the others have their turn when the one that failed is gone
    const computed = this.#tick.rowsComputed(rows, calls[0]?.input.shape.slice(1) ?? []);
    const began = { stage: choice.stage, run: { ...run, rows: computed } };
    await this.#announced({ ids: choice.ids, run, began }, async () => {
      const startMs = performance.now() - this.#roomMadeMs;
      try {
        const predicted = await this.#tick.run(calls);
        const ms = performance.now() - this.#roomMadeMs - startMs;
        this.#longestTickMs = Math.max(this.#longestTickMs, ms);
        return served.flatMap(({ id, resident }, i) => {
          const { job } = resident;
          const [call, answer] = [calls[i], predicted[i]];
          if (call === undefined || answer === undefined)
            throw new Error("a job got no answer of the UNet: this is a bug");
          try {
            job.accept(answer, ms);
            return [{ id, call: job.callsDone, calls: job.unetCalls ?? 0, ...this.#preview(resident, call) }];
          } catch (error) {
            this.#fail(id, error); // its own numbers are at fault, not its neighbours'
            return [];
          }
        });
      } catch (error) {
        for (const { id } of served) this.#fail(id, error);
        return [];
      }
    });
  }

  /** Once more when memory was too small: the UNet keeps what its largest run took, and V8 what it has not looked at. */
  async #advance(job: ResidentJob): Promise<void> {
    try {
      await job.advance();
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await this.#makeRoom();
      await job.advance();
    }
  }

  async #makeRoom(): Promise<void> {
    const startMs = performance.now();
    await this.#freeMemory();
    this.#roomMadeMs += performance.now() - startMs;
  }

  async #freeMemory(): Promise<void> {
    // V8 does not know of a limit of the process, nor how large the tensors are that nobody refers to any more.
    globalThis.gc?.();
    if (this.#economical) return;
    this.#economical = true;
    await this.#reply({ type: "economizing" }); // before: it may take as long as opening did
    try {
      await this.#model.economize();
    } catch (error) {
      await this.#end(error); // without a UNet there is nothing to go on with
      throw error;
    }
  }

  /** Tell of `run` before it starts, when nothing can be told any more, and after it. */
  async #announced(
    {
      ids,
      run,
      began,
    }: { readonly ids: readonly JobId[]; readonly run: DeviceRun; readonly began: AnnouncedRun },
    make: () => Promise<readonly JobProgress[]>,
  ): Promise<void> {
    // A large answer leaves in pieces, one a turn: a run that began before would hold it back, and its own announcement.
    await this.#reply({ type: "began", ids, ...began });
    const startedAtMs = Date.now();
    const startMs = performance.now() - this.#roomMadeMs;
    const progress = await make();
    const ms = performance.now() - this.#roomMadeMs - startMs;
    this.#costs.observe(run, ms);
    const caches = this.#options.caches.takeUse();
    const rssBytes = process.memoryUsage.rss();
    void this.#reply({ type: "ran", run, jobs: ids.length, startedAtMs, ms, progress, caches, rssBytes });
  }

  /** None when the job cannot say what it needs, which is its end and nobody else's. */
  #nextCall(id: JobId, { job }: Resident): readonly UnetCall[] {
    try {
      return [job.nextCall()];
    } catch (error) {
      this.#fail(id, error);
      return [];
    }
  }

  /** Of what the call was made for: a step behind, but at the scale that the UNet, and so the map, knows. */
  #preview(resident: Resident, { input }: UnetCall): { readonly preview?: RgbImage } {
    const nowMs = performance.now();
    if (!resident.message.previews || nowMs - resident.previewAtMs < PREVIEW_EVERY_MS) return {};
    resident.previewAtMs = nowMs;
    const [, , height = 0, width = 0] = input.shape;
    const latents = tensor<"B,4,h,w">([1, 4, height, width], input.data.slice(0, 4 * height * width));
    return { preview: applyPreview(this.#options.previewMap, latents) };
  }

  #tellStart(id: JobId, resident: Resident): void {
    const { unetCalls, finished } = resident.job;
    const calls = finished !== undefined && unetCalls === undefined ? 0 : unetCalls;
    if (resident.started || calls === undefined) return;
    resident.started = true;
    void this.#reply({ type: "started", id, unetCalls: calls });
  }

  /** Whatever goes wrong outside a stage is nobody's job's, and nothing is certain any more: the process is to end. */
  #end(error: unknown): Promise<void> {
    const what = "the worker cannot go on";
    return this.#reply({ type: "fatal", ...describeFailure(error, "WORKER_LOST", what) });
  }

  #fail(id: JobId, error: unknown): void {
    this.#residents.delete(id);
    void this.#reply({
      type: "failed",
      id,
      ...describeFailure(error, "INFERENCE_FAILED", "the model failed on this job"),
    });
  }

  #countTurns({ ids }: Choice, candidates: readonly Candidate[]): void {
    for (const [id, passedOver] of passedOverAfter(candidates, { stage: "denoise", ids })) {
      const resident = this.#residents.get(id);
      if (resident !== undefined) resident.passedOver = passedOver;
    }
    const leader = candidates.find(({ id }) => id === ids[0]);
    const batchWaits = candidates.some(({ stage, priority }) => stage === "denoise" && priority === "batch");
    this.#onlineTicks = leader?.priority === "online" && batchWaits ? this.#onlineTicks + 1 : 0;
  }

  /** Earliest deadline first, so that the time that those before need is known when a job's own slack is. */
  #candidates(): readonly Candidate[] {
    const nowMs = performance.now() - this.#clockAheadMs;
    const { sharingPays } = this.#costs;
    const margin = TIGHT_TICKS * this.#longestTickMs;
    let neededMs = 0;
    return [...this.#residents]
      .sort(([, a], [, b]) => a.message.deadlineMs - b.message.deadlineMs)
      .map(([id, { job, message, passedOver }]) => {
        const { deadlineMs } = message;
        neededMs += this.#remainingMs(job);
        const { rows: _, ...run } = job.run;
        return {
          id,
          stage: job.stage,
          shape: `${run.width}x${run.height}`,
          priority: message.priority,
          deadlineMs,
          passedOver,
          // Where another row costs little, a full call is the fastest way to the end for all.
          tight: !sharingPays && deadlineMs - nowMs - neededMs < margin,
          alone: message.alone,
        };
      });
  }

  #remainingMs({ run, unetCalls, callsDone }: ResidentJob): number {
    if (unetCalls === undefined) return 0;
    const call = this.#costs.expectedMs({ ...run, kind: "unet" }) ?? 0;
    return (unetCalls - callsDone) * call;
  }
}

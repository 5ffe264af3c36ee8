/**
 * @file One job in a worker, from prompt and pixels to a picture, stage by stage. Knows the order of the stages; when
 * each is run, and beside which other job's, is decided elsewhere.
 *
 * Matches: the order of diffusers `StableDiffusionInpaintPipeline.__call__`.
 */
import { Denoising, type UnetCall } from "../../diffusion/denoising.js";
import { finishImage } from "../../diffusion/finish-image.js";
import { imageTensor } from "../../diffusion/image-tensor.js";
import { type EncodedImages, imagesNeeded } from "../../diffusion/initial-latents.js";
import { type PreparedInput, prepareInput } from "../../diffusion/inpaint-input.js";
import type { InpaintJob } from "../../diffusion/inpaint-job.js";
import { jobSizes } from "../../diffusion/job-sizes.js";
import { aspectWarning } from "../../diffusion/mask-image.js";
import type { ImageTensor, LatentMoments, Latents } from "../../diffusion/networks.js";
import type { Mask } from "../../tensor/mask.js";
import type { RgbImage } from "../../tensor/rgb-image.js";
import type { DeviceRun, RunKind } from "../device-run.js";
import type { WorkerTimes } from "../protocol.js";
import type { Stage } from "../stage.js";
import { latentKey } from "./latent-cache.js";
import type { LoadedModel } from "./loaded-model.js";
import { PromptTexts, type TextToEncode } from "./prompt-texts.js";
import { StageClock } from "./stage-clock.js";
import type { WorkerCaches } from "./worker-caches.js";

export interface FinishedJob {
  readonly image: RgbImage;
  readonly times: WorkerTimes;
  readonly warnings: readonly string[];
}

const KINDS = {
  prepare: "pixels",
  text: "text",
  vaeEncode: "vaeEncode",
  denoise: "unet",
  vaeDecode: "vaeDecode",
  finish: "pixels",
} as const satisfies Record<Stage, RunKind>;

export class ResidentJob {
  readonly #model: LoadedModel;
  readonly #caches: WorkerCaches;
  readonly #job: InpaintJob;
  readonly #clock = new StageClock();
  readonly #warnings: string[] = [];
  readonly #texts: PromptTexts;
  readonly #encoded: { -readonly [Name in keyof EncodedImages]: LatentMoments } = {};
  #prepared: PreparedInput | undefined;
  #denoising: Denoising | undefined;
  #decoded: ImageTensor | undefined;
  #stage: Stage = "prepare";
  #finished: FinishedJob | undefined;

  constructor(model: LoadedModel, job: InpaintJob, caches: WorkerCaches) {
    this.#model = model;
    this.#caches = caches;
    this.#job = job;
    this.#texts = new PromptTexts(model.tokenizer, job);
  }

  /** What is to be done next; of no meaning once `finished`. */
  get stage(): Stage {
    return this.#stage;
  }

  get finished(): FinishedJob | undefined {
    return this.#finished;
  }

  /** What the next stage occupies the process with. */
  get run(): DeviceRun {
    const { computed } = jobSizes(this.#job, this.#model.geometry);
    const kind = KINDS[this.#stage];
    if (kind === "text") return { kind, rows: 1, height: 0, width: 0 };
    if (kind === "pixels") {
      const sizes = [computed, this.#job.image, this.#job.maskImage];
      const largest = (edge: "height" | "width") => Math.max(...sizes.map((size) => size[edge]));
      return { kind, rows: 1, height: largest("height"), width: largest("width") };
    }
    return { kind, rows: this.#denoising?.rowsPerCall ?? 1, ...computed };
  }

  /** UNet calls in all; undefined before they are known. */
  get unetCalls(): number | undefined {
    return this.#denoising?.unetCalls;
  }

  get callsDone(): number {
    return this.#denoising?.callsDone ?? 0;
  }

  /** Do the next stage, all but `denoise`. Rejects with what it throws; the job is of no use then. */
  async advance(): Promise<void> {
    switch (this.#stage) {
      case "prepare":
        await this.#clock.time("pixels", () => this.#prepare());
        break;
      case "text":
        await this.#clock.time("text", () => this.#encodeText());
        break;
      case "vaeEncode":
        await this.#clock.time("vaeEncode", () => this.#encodeImage());
        break;
      case "vaeDecode":
        await this.#clock.time("vaeDecode", () => this.#decode());
        break;
      case "finish":
        await this.#clock.time("pixels", () => this.#finish());
        return;
      case "denoise":
        throw new Error("a UNet call is made for several jobs at once: this is a bug");
      default:
        this.#stage satisfies never;
    }
    if (this.#finished === undefined) this.#stage = this.#nextStage();
  }

  /** The UNet call to make now. Only in stage `denoise`. */
  nextCall(): UnetCall {
    return this.#started().nextCall();
  }

  /** Take the answer to `nextCall`; the call took `ms`. Throws NON_FINITE_OUTPUT. */
  accept(noisePred: Latents, ms: number): void {
    const denoising = this.#started();
    this.#clock.add("denoise", ms);
    denoising.accept(noisePred);
    this.#stage = this.#nextStage();
  }

  #prepare(): void {
    const aspect = aspectWarning(this.#job);
    if (aspect !== undefined) this.#warnings.push(aspect);
    const prepared = prepareInput(this.#job, this.#model.geometry);
    if (!prepared.repaintsNothing) {
      this.#prepared = prepared;
      return;
    }
    this.#warnings.push(
      "the mask leaves nothing to repaint, so the input's own pixels are returned, without a denoising step",
    );
    this.#end(prepared.image);
  }

  async #encodeText(): Promise<void> {
    const next: TextToEncode | undefined = this.#texts.missing;
    if (next === undefined) throw new Error("both prompts are encoded: this is a bug");
    const embeds = await this.#model.networks.encodePrompt(next.ids, next.clipSkip);
    this.#caches.prompts.set(next.ids, next.clipSkip, embeds);
    next.take(embeds);
  }

  async #encodeImage(): Promise<void> {
    const name = this.#missingImage();
    if (name === undefined) throw new Error("all images are encoded: this is a bug");
    const picture = this.#picture(name);
    const moments = await this.#model.networks.encodeImage(imageTensor(...picture));
    this.#caches.latents.set(latentKey(...picture), moments);
    this.#encoded[name] = moments;
  }

  async #decode(): Promise<void> {
    this.#decoded = await this.#model.networks.decodeLatents(this.#started().latentsForDecoder());
  }

  #finish(): void {
    if (this.#decoded === undefined) throw new Error("nothing is decoded: this is a bug");
    this.#end(finishImage(this.#decoded, this.#preparedInput()));
  }

  #end(image: RgbImage): void {
    const warnings = [...this.#warnings, ...this.#texts.warnings];
    this.#finished = { image, times: this.#clock.times, warnings };
  }

  #nextStage(): Stage {
    if (this.#decoded !== undefined) return "finish";
    this.#takeCached();
    if (this.#texts.missing !== undefined) return "text";
    if (this.#missingImage() !== undefined) return "vaeEncode";
    this.#denoising ??= this.#startDenoising();
    return this.#denoising.done ? "vaeDecode" : "denoise";
  }

  /** What was encoded before, for this job or for another, down to the next thing that was not. */
  #takeCached(): void {
    for (let text = this.#texts.missing; text !== undefined; text = this.#texts.missing) {
      const embeds = this.#caches.prompts.get(text.ids, text.clipSkip);
      if (embeds === undefined) return;
      text.take(embeds);
    }
    for (let name = this.#missingImage(); name !== undefined; name = this.#missingImage()) {
      const moments = this.#caches.latents.get(latentKey(...this.#picture(name)));
      if (moments === undefined) return;
      this.#encoded[name] = moments;
    }
  }

  #picture(name: keyof EncodedImages): readonly [image: RgbImage, hole?: Mask] {
    const { image, mask } = this.#preparedInput();
    return name === "image" ? [image] : [image, mask];
  }

  /** What the UNet and the strength ask for, and no more: an encoding costs as much as several UNet calls. */
  #missingImage(): keyof EncodedImages | undefined {
    const needed = imagesNeeded(this.#model.unetChannels, this.#job.strength);
    return (["image", "maskedImage"] as const).find(
      (name) => needed[name] && this.#encoded[name] === undefined,
    );
  }

  #startDenoising(): Denoising {
    const { unetChannels, schedulerConfig, scalingFactor } = this.#model;
    const { prompt, negative } = this.#texts.embeds;
    return Denoising.start({
      job: this.#job,
      prepared: this.#preparedInput(),
      unetChannels,
      encoded: this.#encoded,
      promptEmbeds: prompt,
      negativeEmbeds: negative,
      schedulerConfig,
      scalingFactor,
    });
  }

  #preparedInput(): PreparedInput {
    if (this.#prepared === undefined) throw new Error("the pixels are not prepared: this is a bug");
    return this.#prepared;
  }

  #started(): Denoising {
    if (this.#denoising === undefined) throw new Error("denoising has not begun: this is a bug");
    return this.#denoising;
  }
}

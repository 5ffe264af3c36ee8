/**
 * @file One job from prompt and pixels to a picture: the order of the stages. Knows no process and no message; the
 * networks and the arithmetic of each stage live elsewhere.
 *
 * Matches: the order of diffusers `StableDiffusionInpaintPipeline.__call__`.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Denoising } from "../../diffusion/denoising.js";
import { finishImage } from "../../diffusion/finish-image.js";
import { isGuided } from "../../diffusion/guidance.js";
import { imageTensor } from "../../diffusion/image-tensor.js";
import { type EncodedImages, imagesNeeded } from "../../diffusion/initial-latents.js";
import { type PreparedInput, prepareInput } from "../../diffusion/inpaint-input.js";
import type { InpaintJob } from "../../diffusion/inpaint-job.js";
import { aspectWarning } from "../../diffusion/mask-image.js";
import type { PromptEmbeds } from "../../diffusion/networks.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { RgbImage } from "../../tensor/rgb-image.js";
import { tensor } from "../../tensor/tensor.js";
import type { WorkerTimes } from "../protocol.js";
import type { LoadedModel } from "./loaded-model.js";
import { StageClock } from "./stage-clock.js";

/** How much of a prompt that was cut a warning shows. */
const MAX_SHOWN_CHARS = 80;

export interface RunOptions {
  /** Looked at between network calls: one that runs cannot be stopped. */
  readonly signal: AbortSignal;
  onStarted(unetCalls: number): void;
  onProgress(call: number, calls: number): void;
}

export interface FinishedJob {
  readonly image: RgbImage;
  readonly times: WorkerTimes;
  readonly warnings: readonly string[];
}

/** Run `job` on `model`. Rejects with InpaintError CANCELLED, NON_FINITE_OUTPUT, or what a stage throws. */
export async function runJob(model: LoadedModel, job: InpaintJob, options: RunOptions): Promise<FinishedJob> {
  const clock = new StageClock();
  const warnings: string[] = [];
  const aspect = aspectWarning(job);
  if (aspect !== undefined) warnings.push(aspect);
  const prepared = await clock.time("pixels", () => prepareInput(job, model.geometry));
  if (prepared.repaintsNothing) {
    options.onStarted(0);
    warnings.push(
      "the mask leaves nothing to repaint, so the input's own pixels are returned, without a denoising step",
    );
    return { image: prepared.image, times: clock.times, warnings };
  }
  const { prompt, negative } = await clock.time("text", () => encodePrompts(model, job, warnings));
  await yieldUnlessCancelled(options.signal);
  const latents = await denoise(model, job, prepared, { prompt, negative }, clock, options);
  const decoded = await clock.time("vaeDecode", () => model.networks.decodeLatents(latents));
  const image = await clock.time("pixels", () => finishImage(decoded, prepared));
  return { image, times: clock.times, warnings };
}

interface EncodedPrompts {
  readonly prompt: PromptEmbeds;
  readonly negative: PromptEmbeds;
}

/**
 * Both prompts in one run of the network, or in two when layers are left out for the positive one alone. Without
 * guidance the negative one is not encoded, and not looked at.
 */
async function encodePrompts(
  { networks, tokenizer }: LoadedModel,
  job: InpaintJob,
  warnings: string[],
): Promise<EncodedPrompts> {
  const tokenize = (name: string, text: string) => {
    const { ids, cutText } = tokenizer.encode(text);
    if (cutText !== undefined) {
      warnings.push(
        `${name} is longer than the ${ids.length} tokens the model reads; left out: ${shorten(cutText)}`,
      );
    }
    return ids;
  };
  const { clipSkip = 0 } = job;
  const ids = tokenize("prompt", job.prompt);
  if (!isGuided(job.guidanceScale)) {
    const prompt = await networks.encodePrompt(ids, clipSkip);
    return { prompt, negative: prompt };
  }
  const negativeIds = tokenize("negative_prompt", job.negativePrompt);
  if (clipSkip > 0) {
    return {
      prompt: await networks.encodePrompt(ids, clipSkip),
      negative: await networks.encodePrompt(negativeIds, 0),
    };
  }
  const both = new Int32Array(negativeIds.length + ids.length);
  both.set(negativeIds);
  both.set(ids, negativeIds.length);
  const { shape, data } = await networks.encodePrompt(both, 0);
  const rowShape = [1, ...shape.slice(1)];
  const half = data.length / 2;
  return {
    negative: tensor(rowShape, data.subarray(0, half)),
    prompt: tensor(rowShape, data.subarray(half)),
  };
}

/** What the UNet and the strength ask for, and no more: an encoding costs as much as several UNet calls. */
async function encodeImages(
  { networks, unetChannels }: LoadedModel,
  job: InpaintJob,
  { image, mask }: PreparedInput,
): Promise<EncodedImages> {
  const needed = imagesNeeded(unetChannels, job.strength);
  return {
    ...(needed.image && { image: await networks.encodeImage(imageTensor(image)) }),
    ...(needed.maskedImage && { maskedImage: await networks.encodeImage(imageTensor(image, mask)) }),
  };
}

async function denoise(
  model: LoadedModel,
  job: InpaintJob,
  prepared: PreparedInput,
  { prompt, negative }: EncodedPrompts,
  clock: StageClock,
  { signal, onStarted, onProgress }: RunOptions,
) {
  const { networks, unetChannels, schedulerConfig, scalingFactor } = model;
  const encoded = await clock.time("vaeEncode", () => encodeImages(model, job, prepared));
  await yieldUnlessCancelled(signal);
  return clock.time("denoise", async () => {
    const denoising = Denoising.start({
      job,
      prepared,
      unetChannels,
      encoded,
      promptEmbeds: prompt,
      negativeEmbeds: negative,
      schedulerConfig,
      scalingFactor,
    });
    onStarted(denoising.unetCalls);
    while (!denoising.done) {
      const { input, timesteps, promptEmbeds } = denoising.nextCall();
      denoising.accept(await networks.predictNoise(input, timesteps, promptEmbeds));
      onProgress(denoising.callsDone, denoising.unetCalls);
      await yieldUnlessCancelled(signal);
    }
    return denoising.latentsForDecoder();
  });
}

/** A turn of the event loop, so that messages are read: a network blocks the thread while it runs. */
async function yieldUnlessCancelled(signal: AbortSignal): Promise<void> {
  await nextTurn();
  if (signal.aborted) throw new InpaintError("CANCELLED", "the job was cancelled");
}

function shorten(text: string): string {
  const quoted = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  return JSON.stringify(quoted);
}

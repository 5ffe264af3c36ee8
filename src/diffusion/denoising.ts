/**
 * @file One job's denoising loop, advanced one UNet call at a time. Knows the order of the loop; the caller
 * runs the network, alone or in a batch with other jobs.
 *
 * Matches: diffusers `StableDiffusionInpaintPipeline.__call__` from "Prepare latent variables" on, for a UNet of
 * 9 input channels and strength 1. A strength below 1 would cut `timesteps` and mix the image into the first
 * latents; both would happen in `start`.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { allFinite } from "../tensor/finite.js";
import { tensor } from "../tensor/tensor.js";
import { applyGuidance, isGuided } from "./guidance.js";
import type { PreparedInput } from "./inpaint-input.js";
import type { InpaintJob } from "./inpaint-job.js";
import { sampleLatents } from "./latent-dist.js";
import type { LatentModelInput, LatentMoments, Latents, PromptEmbeds } from "./networks.js";
import { TorchGenerator } from "./random/torch-generator.js";
import { createScheduler } from "./scheduler/create-scheduler.js";
import type { NoiseScheduler, SchedulerConfig } from "./scheduler/noise-scheduler.js";

/** What the UNet is to be asked next: one row, or two with guidance, the unconditional half first. */
export interface UnetCall {
  /** `[1|2, 9, h, w]`; the same memory every call, valid until the call's answer is accepted. */
  readonly input: LatentModelInput;
  /** One per row. */
  readonly timesteps: Float32Array;
  /** `[1|2, 77, d]` */
  readonly promptEmbeds: PromptEmbeds;
}

export interface DenoisingOptions {
  readonly job: Pick<
    InpaintJob,
    "seed" | "numInferenceSteps" | "guidanceScale" | "scheduler" | "strength" | "eta"
  >;
  readonly prepared: Pick<PreparedInput, "latentMask">;
  /** Of `prepared.maskedImage`, `[1, 8, h, w]`. */
  readonly moments: LatentMoments;
  /** Both `[1, 77, d]`; the negative ones are not looked at without guidance. */
  readonly promptEmbeds: PromptEmbeds;
  readonly negativeEmbeds: PromptEmbeds;
  readonly schedulerConfig: SchedulerConfig;
  readonly scalingFactor: number;
}

export class Denoising {
  readonly #scheduler: NoiseScheduler;
  readonly #generator: TorchGenerator;
  readonly #guidanceScale: number;
  readonly #scalingFactor: number;
  readonly #promptEmbeds: PromptEmbeds;
  readonly #input: LatentModelInput;
  #latents: Latents;
  #callsDone = 0;

  private constructor(
    scheduler: NoiseScheduler,
    generator: TorchGenerator,
    latents: Latents,
    input: LatentModelInput,
    promptEmbeds: PromptEmbeds,
    options: { readonly guidanceScale: number; readonly scalingFactor: number },
  ) {
    this.#scheduler = scheduler;
    this.#generator = generator;
    this.#latents = latents;
    this.#input = input;
    this.#promptEmbeds = promptEmbeds;
    this.#guidanceScale = options.guidanceScale;
    this.#scalingFactor = options.scalingFactor;
  }

  /**
   * Draws from one generator in the reference's order: the latents' noise, then the masked image's sample.
   * Throws InpaintError INVALID_CHECKPOINT or INVALID_INPUT when the job's scheduler cannot run (createScheduler).
   */
  static start(options: DenoisingOptions): Denoising {
    const { job, prepared, moments, scalingFactor } = options;
    const [, , height = 0, width = 0] = moments.shape;
    expectShape("moments", moments.shape, [1, 8, height, width]);
    expectShape("latentMask", prepared.latentMask.shape, [1, 1, height, width]);

    const scheduler = createScheduler(options.schedulerConfig, job);
    const generator = new TorchGenerator(job.seed);
    const noise = generator.randn(4 * height * width);
    const sigma = Math.fround(scheduler.initNoiseSigma);
    const latents: Latents = tensor(
      [1, 4, height, width],
      noise.map((x) => sigma * x),
    );
    const maskedImageLatents = sampleLatents(moments, generator, scalingFactor);

    const guided = isGuided(job.guidanceScale);
    return new Denoising(
      scheduler,
      generator,
      latents,
      inputTemplate(guided ? 2 : 1, prepared.latentMask.data, maskedImageLatents),
      guided ? stackRows(options.negativeEmbeds, options.promptEmbeds) : options.promptEmbeds,
      { guidanceScale: job.guidanceScale, scalingFactor },
    );
  }

  /** UNet calls in all; more than `numInferenceSteps` where the scheduler evaluates a step twice. */
  get unetCalls(): number {
    return this.#scheduler.timesteps.length;
  }

  get callsDone(): number {
    return this.#callsDone;
  }

  get done(): boolean {
    return this.#callsDone === this.unetCalls;
  }

  /** The call to make now; the same one until its answer is accepted. Throws once `done`. */
  nextCall(): UnetCall {
    const timestep = this.#timestep();
    const scaled = this.#scheduler.scaleModelInput(this.#latents, timestep).data;
    const [rows = 1] = this.#input.shape;
    const rowLength = this.#input.data.length / rows;
    for (let row = 0; row < rows; row++) this.#input.data.set(scaled, row * rowLength);
    return {
      input: this.#input,
      timesteps: new Float32Array(rows).fill(timestep),
      promptEmbeds: this.#promptEmbeds,
    };
  }

  /**
   * Take the UNet's answer to `nextCall`, `[1|2, 4, h, w]`. Throws InpaintError NON_FINITE_OUTPUT when the new
   * latents hold NaN or infinity.
   */
  accept(noisePred: Latents): void {
    const timestep = this.#timestep();
    const [rows = 1, , height = 0, width = 0] = this.#input.shape;
    expectShape("noisePred", noisePred.shape, [rows, 4, height, width]);
    const modelOutput =
      rows === 2
        ? applyGuidance(noisePred, this.#guidanceScale)
        : tensor<"B,4,h,w">(noisePred.shape, noisePred.data.slice());
    const latents = this.#scheduler.step(modelOutput, timestep, this.#latents, this.#generator);
    if (!allFinite(latents.data)) {
      throw new InpaintError(
        "NON_FINITE_OUTPUT",
        `the latents are not finite (NaN or infinity) after UNet call ${this.#callsDone + 1} of ` +
          `${this.unetCalls}, timestep ${timestep}`,
      );
    }
    this.#latents = latents;
    this.#callsDone += 1;
  }

  /** `[1, 4, h, w]`, divided by the scaling factor. Throws before `done`. */
  latentsForDecoder(): Latents {
    if (!this.done) {
      throw new Error(`${this.#callsDone} of ${this.unetCalls} UNet calls are done; this is a bug`);
    }
    const scale = Math.fround(this.#scalingFactor);
    return tensor(
      this.#latents.shape,
      this.#latents.data.map((x) => x / scale),
    );
  }

  #timestep(): number {
    const timestep = this.#scheduler.timesteps[this.#callsDone];
    if (timestep === undefined) {
      throw new Error(`all ${this.unetCalls} UNet calls are done already; this is a bug`);
    }
    return timestep;
  }
}

/** `[rows, 9, h, w]`: channels 4 to 8 filled in once, channels 0 to 3 left to every call. */
function inputTemplate(rows: number, mask: Float32Array, maskedImageLatents: Latents): LatentModelInput {
  const [, , height = 0, width = 0] = maskedImageLatents.shape;
  const plane = height * width;
  const data = new Float32Array(rows * 9 * plane);
  for (let row = 0; row < rows; row++) {
    data.set(mask, (9 * row + 4) * plane);
    data.set(maskedImageLatents.data, (9 * row + 5) * plane);
  }
  return tensor([rows, 9, height, width], data);
}

function stackRows(first: PromptEmbeds, second: PromptEmbeds): PromptEmbeds {
  expectShape("negativeEmbeds", first.shape, second.shape);
  const [, ...row] = first.shape;
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return tensor([2, ...row], data);
}

function expectShape(what: string, actual: readonly number[], expected: readonly number[]): void {
  if (actual.join() !== expected.join()) {
    throw new RangeError(
      `${what} is [${actual.join(", ")}], expected [${expected.join(", ")}]; this is a bug`,
    );
  }
}

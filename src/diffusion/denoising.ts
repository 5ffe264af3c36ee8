/**
 * @file One job's denoising loop, advanced one UNet call at a time. Knows the order of the loop; the caller
 * runs the network, alone or in a batch with other jobs.
 *
 * Matches: diffusers `StableDiffusionInpaintPipeline.__call__` from "Prepare latent variables" on.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { expectShape } from "../tensor/expect-shape.js";
import { allFinite } from "../tensor/finite.js";
import { tensor } from "../tensor/tensor.js";
import { applyGuidance, isGuided } from "./guidance.js";
import {
  drawInitialLatents,
  type EncodedImages,
  type InitialLatents,
  type UnetChannels,
} from "./initial-latents.js";
import type { PreparedInput } from "./inpaint-input.js";
import type { InpaintJob } from "./inpaint-job.js";
import { blendKnownRegion } from "./known-region.js";
import type { LatentModelInput, Latents, PromptEmbeds } from "./networks.js";
import { TorchGenerator } from "./random/torch-generator.js";
import { createScheduler } from "./scheduler/create-scheduler.js";
import type { NoiseScheduler, SchedulerConfig } from "./scheduler/noise-scheduler.js";
import { UnetInput } from "./unet-input.js";

/** What the UNet is to be asked next: one row, or two with guidance, the unconditional half first. */
export interface UnetCall {
  /** `[1|2, 4|9, h, w]`; the same memory every call, valid until the call's answer is accepted. */
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
  readonly unetChannels: UnetChannels;
  /** Those that `imagesNeeded` names. */
  readonly encoded: EncodedImages;
  /** Both `[1, 77, d]`; the negative ones are not looked at without guidance. */
  readonly promptEmbeds: PromptEmbeds;
  readonly negativeEmbeds: PromptEmbeds;
  readonly schedulerConfig: SchedulerConfig;
  readonly scalingFactor: number;
}

export class Denoising {
  readonly #options: DenoisingOptions;
  readonly #scheduler: NoiseScheduler;
  readonly #generator: TorchGenerator;
  readonly #initial: InitialLatents;
  readonly #promptEmbeds: PromptEmbeds;
  readonly #input: UnetInput;
  #latents: Latents;
  #callsDone = 0;

  private constructor(options: DenoisingOptions) {
    const { job, prepared, unetChannels, encoded, scalingFactor } = options;
    const { latentMask } = prepared;
    this.#options = options;
    this.#scheduler = createScheduler(options.schedulerConfig, job);
    this.#generator = new TorchGenerator(job.seed);
    const { strength } = job;
    this.#initial = drawInitialLatents(
      { unetChannels, strength, encoded, latentMask, scalingFactor, scheduler: this.#scheduler },
      this.#generator,
    );
    this.#latents = this.#initial.latents;
    this.#promptEmbeds =
      this.rowsPerCall === 2 ? stackRows(options.negativeEmbeds, options.promptEmbeds) : options.promptEmbeds;
    this.#input = new UnetInput(this.rowsPerCall, latentMask, this.#initial.maskedImageLatents);
  }

  /** Throws InpaintError INVALID_CHECKPOINT or INVALID_INPUT when the job's scheduler cannot run (createScheduler). */
  static start(options: DenoisingOptions): Denoising {
    return new Denoising(options);
  }

  /** UNet calls in all; fewer than `numInferenceSteps` at a low strength, more where a step takes several. */
  get unetCalls(): number {
    return this.#scheduler.timesteps.length;
  }

  /** Rows of each call: 2 with guidance. */
  get rowsPerCall(): 1 | 2 {
    return isGuided(this.#options.job.guidanceScale) ? 2 : 1;
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
    const input = this.#input.with(this.#scheduler.scaleModelInput(this.#latents, timestep));
    const [rows = 1] = input.shape;
    return {
      input,
      timesteps: new Float32Array(rows).fill(timestep),
      promptEmbeds: this.#promptEmbeds,
    };
  }

  /**
   * Take the UNet's answer to `nextCall`, `[1|2, 4, h, w]`; nothing of it is kept. Throws InpaintError NON_FINITE_OUTPUT when the new
   * latents hold NaN or infinity.
   */
  accept(noisePred: Latents): void {
    const timestep = this.#timestep();
    expectShape("noisePred", noisePred.shape, this.#input.outputShape);
    const [rows] = noisePred.shape;
    const modelOutput =
      rows === 2
        ? applyGuidance(noisePred, this.#options.job.guidanceScale)
        : tensor<"B,4,h,w">(noisePred.shape, noisePred.data.slice());
    const latents = this.#scheduler.step(modelOutput, timestep, this.#latents, this.#generator);
    if (!allFinite(latents.data)) {
      throw new InpaintError(
        "NON_FINITE_OUTPUT",
        `the latents are not finite (NaN or infinity) after UNet call ${this.#callsDone + 1} of ` +
          `${this.unetCalls}, timestep ${timestep}`,
      );
    }
    this.#callsDone += 1;
    this.#latents = this.#options.unetChannels === 4 ? this.#withKnownRegion(latents) : latents;
  }

  /** `[1, 4, h, w]`, divided by the scaling factor. Throws before `done`. */
  latentsForDecoder(): Latents {
    if (!this.done) {
      throw new Error(`${this.#callsDone} of ${this.unetCalls} UNet calls are done; this is a bug`);
    }
    const scale = Math.fround(this.#options.scalingFactor);
    return tensor(
      this.#latents.shape,
      this.#latents.data.map((x) => x / scale),
    );
  }

  #withKnownRegion(latents: Latents): Latents {
    const { imageLatents, noise } = this.#initial;
    if (imageLatents === undefined) throw new Error("the image was not encoded; this is a bug");
    const next = this.#scheduler.timesteps[this.#callsDone];
    const known = next === undefined ? imageLatents : this.#scheduler.addNoise(imageLatents, noise, next);
    return blendKnownRegion(latents, known, this.#options.prepared.latentMask);
  }

  #timestep(): number {
    const timestep = this.#scheduler.timesteps[this.#callsDone];
    if (timestep === undefined) {
      throw new Error(`all ${this.unetCalls} UNet calls are done already; this is a bug`);
    }
    return timestep;
  }
}

function stackRows(first: PromptEmbeds, second: PromptEmbeds): PromptEmbeds {
  expectShape("negativeEmbeds", first.shape, second.shape);
  const [, ...row] = first.shape;
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return tensor([2, ...row], data);
}

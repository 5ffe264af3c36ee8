/** @file What a worker needs of an opened checkpoint. Knows no file format and no runtime: the loader brings both. */
import type { UnetChannels } from "../../diffusion/initial-latents.js";
import type { ModelGeometry } from "../../diffusion/job-sizes.js";
import type { Networks } from "../../diffusion/networks.js";
import type { SchedulerConfig } from "../../diffusion/scheduler/noise-scheduler.js";
import type { Tokenized } from "../../tokenizer/clip-tokenizer.js";
import type { CheckpointInfo, ModelInfo } from "../protocol.js";

export interface LoadedModel {
  readonly networks: Networks;
  readonly tokenizer: { encode(prompt: string): Tokenized };
  /** The model's own image size and the VAE's scale factor. */
  readonly geometry: ModelGeometry;
  /** 9: an inpainting UNet, which sees mask and masked image. 4: any other of the family. */
  readonly unetChannels: UnetChannels;
  /** The checkpoint's own scheduler; a job may name another, which then reads these values. */
  readonly schedulerConfig: SchedulerConfig;
  /** Latents of the VAE times this have unit variance. */
  readonly scalingFactor: number;
  /** What the model is, for people and for checks before a job. */
  readonly info: ModelInfo;
  /** Where it was found, for the log. */
  readonly checkpoint: CheckpointInfo;
  /** Free the memory that runs keep for later ones, and keep none from now on. Once. May take as long as opening. */
  economize(): Promise<void>;
  /** Close the sessions. The model is of no use afterwards. */
  release(): Promise<void>;
}

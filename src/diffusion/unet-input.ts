/**
 * @file What the UNet sees of a job: its latents in one row, or in two with guidance, and beside them the mask and the
 * masked image where the UNet has channels for them. Knows no schedule.
 *
 * Matches: `latent_model_input` of diffusers `StableDiffusionInpaintPipeline.__call__`.
 */
import { tensor } from "../tensor/tensor.js";
import type { LatentMask } from "./inpaint-input.js";
import type { LatentModelInput, Latents } from "./networks.js";

/** Reuses its memory: the tensor of one call is valid until the next. */
export class UnetInput {
  readonly #tensor: LatentModelInput;

  /** `maskedImageLatents` absent: 4 channels instead of 9. */
  constructor(rows: 1 | 2, latentMask: LatentMask, maskedImageLatents: Latents | undefined) {
    const [, , height = 0, width = 0] = latentMask.shape;
    const plane = height * width;
    const channels = maskedImageLatents === undefined ? 4 : 9;
    const data = new Float32Array(rows * channels * plane);
    if (maskedImageLatents !== undefined) {
      for (let row = 0; row < rows; row++) {
        data.set(latentMask.data, (9 * row + 4) * plane);
        data.set(maskedImageLatents.data, (9 * row + 5) * plane);
      }
    }
    this.#tensor = tensor([rows, channels, height, width], data);
  }

  /** `[rows, 4, h, w]` */
  get outputShape(): readonly number[] {
    const [rows = 0, , height = 0, width = 0] = this.#tensor.shape;
    return [rows, 4, height, width];
  }

  /** `[rows, 4|9, h, w]` with `latents` in the first four channels of every row. */
  with(latents: Latents): LatentModelInput {
    const [rows = 1] = this.#tensor.shape;
    const rowLength = this.#tensor.data.length / rows;
    for (let row = 0; row < rows; row++) this.#tensor.data.set(latents.data, row * rowLength);
    return this.#tensor;
  }
}

/**
 * @file From the decoder's output to 8-bit pixels. Knows no file format.
 *
 * Matches: diffusers `VaeImageProcessor.postprocess(output_type="pil")`. Pasting the input's own pixels back
 * is ours: the reference returns the raw output.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { allFinite } from "../tensor/finite.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import type { PreparedInput } from "./inpaint-input.js";
import type { InpaintJob } from "./inpaint-job.js";
import type { ImageTensor } from "./networks.js";

/**
 * `decoded` is `[1, 3, H, W]` at the prepared image's size; values outside −1 … 1 are clamped. With
 * `job.preserveUnmasked`, pixels outside the mask are `prepared.image`'s own. Throws InpaintError
 * NON_FINITE_OUTPUT when `decoded` holds NaN or infinity.
 */
export function finishImage(
  decoded: ImageTensor,
  prepared: PreparedInput,
  job: Pick<InpaintJob, "preserveUnmasked">,
): RgbImage {
  const { width, height } = prepared.image;
  if (decoded.shape.join() !== [1, 3, height, width].join()) {
    throw new RangeError(
      `the decoder made [${decoded.shape.join(", ")}] of an image of [1, 3, ${height}, ${width}]; this is a bug`,
    );
  }
  if (!allFinite(decoded.data)) {
    throw new InpaintError(
      "NON_FINITE_OUTPUT",
      "the VAE decoder's output is not finite (NaN or infinity), so there is no image to return",
    );
  }
  const image = toRgb(decoded.data, width, height);
  if (job.preserveUnmasked) pasteUnmasked(image, prepared);
  return image;
}

/**
 * `(x/2 + 0.5)` clamped to 0 … 1, times 255, rounded half to even; float32 after every operation. Clamping and
 * rounding are a Uint8ClampedArray's own: a store clamps to 0 … 255, which is the same, and rounds half to even.
 */
function toRgb(planes: Float32Array, width: number, height: number): RgbImage {
  const plane = width * height;
  const levels = new Uint8ClampedArray(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const offset = channel * plane;
    for (let i = 0, p = channel; i < plane; i++, p += 3) {
      const unit = Math.fround(Math.fround((planes[offset + i] ?? 0) * 0.5) + 0.5);
      levels[p] = Math.fround(unit * 255);
    }
  }
  return { width, height, data: new Uint8Array(levels.buffer) };
}

function pasteUnmasked(image: RgbImage, { image: input, mask }: PreparedInput): void {
  const { data } = image;
  for (let i = 0, p = 0; i < mask.data.length; i++, p += 3) {
    if (mask.data[i] === 0) {
      data[p] = input.data[p] ?? 0;
      data[p + 1] = input.data[p + 1] ?? 0;
      data[p + 2] = input.data[p + 2] ?? 0;
    }
  }
}

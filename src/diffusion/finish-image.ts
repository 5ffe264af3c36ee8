/**
 * @file From the decoder's output to the picture that is returned. Knows no file format.
 *
 * Matches: diffusers `VaeImageProcessor.postprocess(output_type="pil")`, then `apply_overlay` for a crop. A size that
 * the reference refuses is its picture at the next size that it takes, resampled.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { allFinite } from "../tensor/finite.js";
import { resizeLanczos } from "../tensor/resize-lanczos.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { overlayCrop } from "./crop-overlay.js";
import type { PreparedInput } from "./inpaint-input.js";
import { pasteKept } from "./kept-pixels.js";
import type { ImageTensor } from "./networks.js";

/**
 * `decoded` is `[1, 3, H, W]` at the prepared image's size; values outside −1 … 1 are clamped. Throws InpaintError
 * NON_FINITE_OUTPUT when it holds NaN or infinity.
 */
export function finishImage(
  decoded: ImageTensor,
  { image: { width, height }, finish }: Pick<PreparedInput, "image" | "finish">,
): RgbImage {
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
  const picture = toRgb(decoded.data, width, height);
  const { returned, overlay, kept } = finish;
  const image =
    overlay === undefined
      ? resizeLanczos(picture, returned.width, returned.height)
      : overlayCrop(picture, overlay);
  if (kept !== undefined) pasteKept(image, kept);
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

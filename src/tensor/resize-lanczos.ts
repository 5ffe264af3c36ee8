/**
 * @file Stretches an RGB image exactly as Pillow's `Image.resize(size, LANCZOS)` does, to the last bit.
 * Knows two passes over 8-bit pixels; the filter is in lanczos-weights.ts.
 *
 * Matches: Pillow 13 `ImagingResample` (src/libImaging/Resample.c) for 8-bit channels and the whole image as box.
 */
import { type AxisWeights, lanczosWeights, WEIGHT_BITS } from "./lanczos-weights.js";
import type { RgbImage } from "./rgb-image.js";

const CHANNELS = 3;
/** Half of the last bit kept: the sum starts from it, so that the shift at the end rounds. */
const ROUNDING = 1 << (WEIGHT_BITS - 1);

/**
 * `image` at `width` × `height` pixels, aspect not kept, antialiased when shrinking. Throws RangeError when an edge
 * is not a positive integer or `image.data` does not hold its pixels. The result never shares memory with `image`.
 */
export function resizeLanczos(image: RgbImage, width: number, height: number): RgbImage {
  checkEdge("target width", width);
  checkEdge("target height", height);
  checkEdge("source width", image.width);
  checkEdge("source height", image.height);
  if (image.data.length !== image.width * image.height * CHANNELS) {
    throw new RangeError(
      `an image of ${image.width}x${image.height} pixels cannot have ${image.data.length} bytes`,
    );
  }
  if (width === image.width && height === image.height) {
    return { width, height, data: new Uint8Array(image.data) };
  }
  if (height === image.height) return resizeColumns(image, width, 0, height);
  const rows = lanczosWeights(image.height, height);
  if (width === image.width) return resizeRows(image, rows, 0);
  if (isVerticalFirst(image, width, height)) {
    return resizeColumns(resizeRows(image, rows, 0), width, 0, height);
  }
  // Rows that the second pass does not read are not made by the first.
  const firstRow = rows.starts[0] ?? 0;
  const endRow = (rows.starts[height - 1] ?? 0) + (rows.counts[height - 1] ?? 0);
  return resizeRows(resizeColumns(image, width, firstRow, endRow), rows, firstRow);
}

/**
 * The first pass rounds to 8 bits, so the order shows. Pillow up to 12 is always horizontal first; from 13 on (pull
 * request 9549) not where the height loses more than twice the pixels that the width does.
 */
function isVerticalFirst(image: RgbImage, width: number, height: number): boolean {
  return height < image.height && image.height - height > 2 * (image.width - width);
}

/** The horizontal pass over the source rows `firstRow` … `endRow` − 1. */
function resizeColumns(image: RgbImage, width: number, firstRow: number, endRow: number): RgbImage {
  const { starts, counts, taps, weights } = lanczosWeights(image.width, width);
  const source = image.data;
  const out = new Uint8ClampedArray(width * (endRow - firstRow) * CHANNELS);
  let target = 0;
  for (let y = firstRow; y < endRow; y++) {
    const rowStart = y * image.width * CHANNELS;
    for (let x = 0; x < width; x++) {
      let p = rowStart + (starts[x] ?? 0) * CHANNELS;
      const end = x * taps + (counts[x] ?? 0);
      let red = ROUNDING;
      let green = ROUNDING;
      let blue = ROUNDING;
      for (let k = x * taps; k < end; k++) {
        const weight = weights[k] ?? 0;
        red = (red + Math.imul(source[p] ?? 0, weight)) | 0;
        green = (green + Math.imul(source[p + 1] ?? 0, weight)) | 0;
        blue = (blue + Math.imul(source[p + 2] ?? 0, weight)) | 0;
        p += CHANNELS;
      }
      out[target] = red >> WEIGHT_BITS;
      out[target + 1] = green >> WEIGHT_BITS;
      out[target + 2] = blue >> WEIGHT_BITS;
      target += CHANNELS;
    }
  }
  return { width, height: endRow - firstRow, data: new Uint8Array(out.buffer) };
}

/** The vertical pass over an image that begins at source row `firstRow`. */
function resizeRows(image: RgbImage, rows: AxisWeights, firstRow: number): RgbImage {
  const { starts, counts, taps, weights } = rows;
  const height = starts.length;
  const source = image.data;
  const stride = image.width * CHANNELS;
  const out = new Uint8ClampedArray(stride * height);
  for (let y = 0; y < height; y++) {
    const columnTop = ((starts[y] ?? 0) - firstRow) * stride;
    const end = y * taps + (counts[y] ?? 0);
    const target = y * stride;
    for (let x = 0; x < stride; x++) {
      let p = columnTop + x;
      let sum = ROUNDING;
      for (let k = y * taps; k < end; k++) {
        sum = (sum + Math.imul(source[p] ?? 0, weights[k] ?? 0)) | 0;
        p += stride;
      }
      out[target + x] = sum >> WEIGHT_BITS;
    }
  }
  return { width: image.width, height, data: new Uint8Array(out.buffer) };
}

function checkEdge(what: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`${what} is a positive number of pixels, not ${size}`);
  }
}

/**
 * @file Gaussian blur of an RGB image exactly as Pillow's `ImageFilter.GaussianBlur`, to the last bit: three box blurs
 * with fractional edges along each axis. Its cost does not grow with the radius. Knows no mask.
 *
 * Matches: Pillow 13 `ImagingGaussianBlur` (src/libImaging/BoxBlur.c); after Gwosdek, Grewenig, Bruhn, Weickert,
 * "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering" (2011).
 */
import type { RgbImage } from "./rgb-image.js";

const CHANNELS = 3;
const PASSES = 3;
/** Weights are in units of 2^−24, so that a sum of bytes times weights fits 32 bits. */
const WEIGHT_BITS = 24;
const WEIGHT_ONE = 2 ** WEIGHT_BITS;
const ROUNDING = 1 << (WEIGHT_BITS - 1);

interface Box {
  /** Pixels to each side with full weight. */
  readonly radius: number;
  readonly fullWeight: number;
  /** Of the two pixels beyond. */
  readonly farWeight: number;
}

/** `image` blurred with standard deviation `sigma` in pixels, ≥ 0; at 0 a copy. Pixels beyond an edge equal it. */
export function gaussianBlur(image: RgbImage, sigma: number): RgbImage {
  const { width, height } = image;
  const data = new Uint8Array(image.data);
  if (sigma > 0) {
    const box = boxOf(sigma);
    const row = width * CHANNELS;
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let y = 0; y < height; y++) blurLine(data, y * row + channel, CHANNELS, width, box);
      for (let x = 0; x < width; x++) blurLine(data, x * CHANNELS + channel, row, height, box);
    }
  }
  return { width, height, data };
}

/** Of variance `sigma²` / PASSES; float32 after every operation, as Pillow computes it. */
function boxOf(sigma: number): Box {
  const round = Math.fround;
  const variance = round(round(round(sigma) * round(sigma)) / PASSES);
  const length = round(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const next = round(round(whole + 1) * round(whole + 1));
  const numerator = round(round(2 * whole + 1) * round(round(whole * (whole + 1)) - round(3 * variance)));
  const floatRadius = round(whole + round(numerator / round(6 * round(variance - next))));
  const radius = Math.trunc(floatRadius);
  const fullWeight = Math.trunc(round(WEIGHT_ONE / round(round(floatRadius * 2) + 1)));
  return { radius, fullWeight, farWeight: (WEIGHT_ONE - (radius * 2 + 1) * fullWeight) >>> 1 };
}

/** All passes over the `length` bytes at `start`, `start + stride` …, in place. */
function blurLine(data: Uint8Array, start: number, stride: number, length: number, box: Box): void {
  const line = new Uint8Array(length);
  const blurred = new Uint8Array(length);
  for (let i = 0, p = start; i < length; i++, p += stride) line[i] = data[p] ?? 0;
  for (let pass = 0; pass < PASSES; pass++) {
    boxBlur(line, blurred, box);
    line.set(blurred);
  }
  for (let i = 0, p = start; i < length; i++, p += stride) data[p] = line[i] ?? 0;
}

function boxBlur(line: Uint8Array, out: Uint8Array, { radius, fullWeight, farWeight }: Box): void {
  const last = line.length - 1;
  const first = line[0] ?? 0;
  // The window around −1, the pixel before the first: what lies beyond an edge equals the edge.
  let sum = first * (radius + 1) + (line[last] ?? 0) * Math.max(radius - 1 - last, 0);
  for (let x = Math.min(radius - 1, last); x >= 0; x--) sum += line[x] ?? 0;
  for (let x = 0; x <= last; x++) {
    const left = line[Math.max(x - radius - 1, 0)] ?? 0;
    const right = line[Math.min(x + radius + 1, last)] ?? 0;
    sum += (line[Math.min(x + radius, last)] ?? 0) - left;
    // up to 255 · 2^24 and the rounding: 32 bits without a sign
    out[x] = (Math.imul(sum, fullWeight) + Math.imul(left + right, farWeight) + ROUNDING) >>> WEIGHT_BITS;
  }
}

/**
 * @file Fits a whole image into a size, its aspect kept, and fills the bars beside it from its edges.
 *
 * Matches: diffusers `VaeImageProcessor._resize_and_fill` (resize mode "fill"). The bars are Pillow's bicubic filter
 * stretching a box of no height (or width) at the edge: two rows, weighted 9/8 and −1/8 whatever the bar's height.
 */
import { paste } from "./crop.js";
import { resizeLanczos } from "./resize-lanczos.js";
import type { RgbImage } from "./rgb-image.js";

/** `width` × `height` pixels. Throws RangeError when the fitted image would have an edge of no pixel. */
export function resizeAndFill(image: RgbImage, width: number, height: number): RgbImage {
  const ratio = width / height;
  const sourceRatio = image.width / image.height;
  const fittedWidth = ratio < sourceRatio ? width : Math.floor((image.width * height) / image.height);
  const fittedHeight = ratio < sourceRatio ? Math.floor((image.height * width) / image.width) : height;
  const fitted = resizeLanczos(image, fittedWidth, fittedHeight);
  const out = { width, height, data: new Uint8Array(width * height * 3) };
  const left = Math.floor(width / 2) - Math.floor(fittedWidth / 2);
  const top = Math.floor(height / 2) - Math.floor(fittedHeight / 2);
  paste(out, fitted, left, top);
  if (ratio < sourceRatio) {
    const bars = [sharpenedRow(fitted, 0, 1), sharpenedRow(fitted, fittedHeight - 1, -1)] as const;
    for (let y = 0; y < top; y++) {
      paste(out, bars[0], 0, y);
      paste(out, bars[1], 0, top + fittedHeight + y);
    }
  } else if (ratio > sourceRatio) {
    const bars = [sharpenedColumn(fitted, 0, 1), sharpenedColumn(fitted, fittedWidth - 1, -1)] as const;
    for (let x = 0; x < left; x++) {
      paste(out, bars[0], x, 0);
      paste(out, bars[1], left + fittedWidth + x, 0);
    }
  }
  return out;
}

/** The row at the edge `y`, sharpened against its neighbour `inwards`. */
function sharpenedRow(image: RgbImage, y: number, inwards: 1 | -1): RgbImage {
  const stride = image.width * 3;
  const neighbour = image.height === 1 ? y : y + inwards;
  const row = new Uint8ClampedArray(stride);
  for (let i = 0; i < stride; i++) {
    row[i] = sharpen(image.data[y * stride + i] ?? 0, image.data[neighbour * stride + i] ?? 0);
  }
  return { width: image.width, height: 1, data: new Uint8Array(row.buffer) };
}

function sharpenedColumn(image: RgbImage, x: number, inwards: 1 | -1): RgbImage {
  const stride = image.width * 3;
  const neighbour = image.width === 1 ? x : x + inwards;
  const column = new Uint8ClampedArray(image.height * 3);
  for (let i = 0; i < column.length; i++) {
    const row = Math.floor(i / 3) * stride + (i % 3);
    column[i] = sharpen(image.data[row + x * 3] ?? 0, image.data[row + neighbour * 3] ?? 0);
  }
  return { width: 1, height: image.height, data: new Uint8Array(column.buffer) };
}

/** 9/8 of the edge less 1/8 of its neighbour, rounded half up; not yet clamped. */
function sharpen(edge: number, neighbour: number): number {
  return (9 * edge - neighbour + 4) >> 3;
}

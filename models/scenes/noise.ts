/**
 * @file Value noise in octaves (Ebert et al., "Texturing and Modeling", ch. 2): the spectrum of natural textures.
 * Knows no colour.
 */
import type { Random } from "./random.js";

export interface NoiseShape {
  /** Width and height of the largest blobs, in pixels. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Amplitude of an octave over that of the one before it, whose blobs are twice as large. 1 gives a 1/f spectrum. */
  readonly gain: number;
  readonly octaves: number;
}

/** `height` × `width` values of mean about 0 and standard deviation about 1. */
export function fractalNoise(random: Random, width: number, height: number, shape: NoiseShape): Float32Array {
  const sum = new Float32Array(width * height);
  let amplitude = 1;
  let energy = 0;
  let { cellWidth, cellHeight } = shape;
  for (let octave = 0; octave < shape.octaves; octave++) {
    addOctave(sum, random, width, height, Math.max(1, cellWidth), Math.max(1, cellHeight), amplitude);
    energy += amplitude * amplitude;
    if (cellWidth <= 1 && cellHeight <= 1) break;
    amplitude *= shape.gain;
    cellWidth /= 2;
    cellHeight /= 2;
  }
  // uniform corners have a variance of 1/3, their bilinear mixture about 4/9 of it
  const scale = 1 / Math.sqrt((energy * 4) / 27);
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) * scale;
  return sum;
}

function addOctave(
  sum: Float32Array,
  random: Random,
  width: number,
  height: number,
  cellWidth: number,
  cellHeight: number,
  amplitude: number,
): void {
  const columns = Math.ceil(width / cellWidth) + 2;
  const rows = Math.ceil(height / cellHeight) + 2;
  const corners = new Float32Array(columns * rows);
  for (let i = 0; i < corners.length; i++) corners[i] = random.uniform(-amplitude, amplitude);
  const shiftX = random.uniform(0, 1);
  const shiftY = random.uniform(0, 1);
  for (let y = 0; y < height; y++) {
    const rowPosition = y / cellHeight + shiftY;
    const row = Math.floor(rowPosition);
    const down = rowPosition - row;
    const above = row * columns;
    const below = above + columns;
    for (let x = 0; x < width; x++) {
      const position = x / cellWidth + shiftX;
      const column = Math.floor(position);
      const right = position - column;
      const top = (corners[above + column] ?? 0) * (1 - right) + (corners[above + column + 1] ?? 0) * right;
      const bottom =
        (corners[below + column] ?? 0) * (1 - right) + (corners[below + column + 1] ?? 0) * right;
      const i = y * width + x;
      sum[i] = (sum[i] ?? 0) + top * (1 - down) + bottom * down;
    }
  }
}

/**
 * @file The Laplacian pyramid of a picture (Burt & Adelson 1983, "The Laplacian Pyramid as a Compact Image Code"):
 * what each octave of detail adds to the coarser ones. Knows no distance.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";

/** Height × width × 3 values in units of 1/255; signed, but for the last level, which is the picture made small. */
export interface Level {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** The kernel (1, 4, 6, 4, 1)/16. */
const KERNEL = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const;
const REACH = 2;
/** The last level is not made smaller than this. */
const SMALLEST_SIDE = 32;

/** From the finest level (the picture's own size) to the coarsest, each half as wide and high as the one before. */
export function laplacianPyramid(image: RgbImage): readonly Level[] {
  const levels: Level[] = [];
  let rest: Level = { width: image.width, height: image.height, values: Float32Array.from(image.data) };
  while (canHalve(rest)) {
    const { width, height, values } = rest;
    const half = reduced(rest);
    const guess = expanded(half);
    levels.push({ width, height, values: values.map((value, i) => value - (guess.values[i] ?? 0)) });
    rest = half;
  }
  return [...levels, rest];
}

const canHalve = ({ width, height }: Level) =>
  width % 2 === 0 && height % 2 === 0 && Math.min(width, height) >= 2 * SMALLEST_SIDE;

/** Blurred, every second row and column. */
function reduced(level: Level): Level {
  const { width, height } = level;
  const narrow = alongRows(level, width / 2, (x) => 2 * x);
  return transposed(alongRows(transposed(narrow), height / 2, (y) => 2 * y));
}

/** The value at `centre(x)` of each row, blurred. Rows are mirrored at their ends. */
function alongRows({ width, height, values }: Level, columns: number, centre: (x: number) => number): Level {
  const out = new Float32Array(columns * height * 3);
  for (let x = 0; x < columns; x++)
    for (let k = -REACH; k <= REACH; k++) {
      const from = mirrored(centre(x) + k, width) * 3;
      const weight = KERNEL[k + REACH] ?? 0;
      for (let y = 0; y < height; y++)
        for (let c = 0; c < 3; c++) {
          const at = (y * columns + x) * 3 + c;
          out[at] = (out[at] ?? 0) + weight * (values[y * width * 3 + from + c] ?? 0);
        }
    }
  return { width: columns, height, values: out };
}

/** Twice as wide and high: zeros between the values, then the kernel doubled along each axis. */
function expanded(level: Level): Level {
  return transposed(widenedRows(transposed(widenedRows(level))));
}

function widenedRows({ width, height, values }: Level): Level {
  const columns = 2 * width;
  const out = new Float32Array(columns * height * 3);
  for (let x = 0; x < columns; x++)
    for (let k = -REACH; k <= REACH; k++) {
      const source = mirrored(x + k, columns);
      if (source % 2 !== 0) continue;
      const weight = 2 * (KERNEL[k + REACH] ?? 0);
      for (let y = 0; y < height; y++)
        for (let c = 0; c < 3; c++) {
          const at = (y * columns + x) * 3 + c;
          out[at] = (out[at] ?? 0) + weight * (values[(y * width + source / 2) * 3 + c] ?? 0);
        }
    }
  return { width: columns, height, values: out };
}

function transposed({ width, height, values }: Level): Level {
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) out[(x * height + y) * 3 + c] = values[(y * width + x) * 3 + c] ?? 0;
  return { width: height, height: width, values: out };
}

/** −1 is 1, `end` is `end` − 2. */
function mirrored(index: number, end: number): number {
  if (index < 0) return -index;
  return index < end ? index : 2 * end - 2 - index;
}

/**
 * @file How far inside a mask every pixel lies: the exact Euclidean distance transform, in time linear in the pixels.
 *
 * After Meijster, Roerdink, Hesselink, "A General Algorithm for Computing Distance Transforms in Linear Time" (2000).
 */
import type { Mask } from "./mask.js";

/**
 * For every pixel, row by row, the distance from its centre to that of the nearest pixel of 0, in pixels: 0 outside
 * the mask, at least 1 inside, infinity everywhere where the whole mask is 1. The picture's edge is no edge of the mask.
 */
export function distanceToKept(mask: Mask): Float32Array {
  const { width, height } = mask;
  const out = new Float32Array(width * height);
  const alongColumns = columnDistances(mask);
  /** Longer than any distance in the picture. */
  const none = width + height;
  // The lower envelope of one row's parabolas: the columns they stand in, and from where on each is the lowest.
  const apexes = new Int32Array(width);
  const starts = new Int32Array(width);
  for (let row = 0; row < out.length; row += width) {
    const squareAt = (x: number, apex: number) => {
      const vertical = alongColumns[row + apex] ?? 0;
      return (x - apex) * (x - apex) + vertical * vertical;
    };
    let top = 0;
    apexes[0] = 0;
    starts[0] = 0;
    for (let x = 1; x < width; x++) {
      while (top >= 0 && squareAt(starts[top] ?? 0, apexes[top] ?? 0) > squareAt(starts[top] ?? 0, x)) top--;
      if (top < 0) {
        top = 0;
        apexes[0] = x;
      } else {
        const apex = apexes[top] ?? 0;
        // where x's parabola gets below the last one's: the first whole column after they cross
        const start = 1 + Math.floor((squareAt(0, x) - squareAt(0, apex)) / (2 * (x - apex)));
        if (start < width) {
          top++;
          apexes[top] = x;
          starts[top] = start;
        }
      }
    }
    for (let x = width - 1; x >= 0; x--) {
      const apex = apexes[top] ?? 0;
      const isReached = (alongColumns[row + apex] ?? none) < none;
      out[row + x] = isReached ? Math.sqrt(squareAt(x, apex)) : Number.POSITIVE_INFINITY;
      if (x === starts[top]) top--;
    }
  }
  return out;
}

/** The distance to the nearest 0 in the same column; `width + height` where the column has none. */
function columnDistances({ width, height, data }: Mask): Int32Array {
  const none = width + height;
  const out = new Int32Array(data.length);
  for (let i = 0; i < width; i++) out[i] = data[i] === 0 ? 0 : none;
  for (let i = width; i < out.length; i++) {
    out[i] = data[i] === 0 ? 0 : Math.min((out[i - width] ?? 0) + 1, none);
  }
  for (let i = out.length - width - 1; i >= 0; i--) {
    out[i] = Math.min(out[i] ?? 0, (out[i + width] ?? 0) + 1);
  }
  return out;
}

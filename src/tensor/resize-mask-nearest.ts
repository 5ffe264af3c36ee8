/**
 * @file Nearest-neighbour shrinking of a mask. Knows no other kernel.
 *
 * Matches: `torch.nn.functional.interpolate(mode="nearest")`, source index `floor(i · in/out)` in float32.
 */
import type { Mask } from "./mask.js";

export function resizeMaskNearest(mask: Mask, width: number, height: number): Mask {
  const columns = sourceIndices(mask.width, width);
  const rows = sourceIndices(mask.height, height);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const source = (rows[y] ?? 0) * mask.width;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = mask.data[source + (columns[x] ?? 0)] ?? 0;
    }
  }
  return { width, height, data };
}

function sourceIndices(from: number, to: number): Int32Array {
  const scale = Math.fround(from / to);
  return Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(Math.fround(i * scale)), from - 1));
}

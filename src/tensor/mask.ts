/** @file A binary mask in memory. Knows which pixels are to be repainted; knows no file format and no threshold. */

/** 1 = repaint, 0 = keep; row by row, `data.length` is `width * height`, only ever 0 or 1. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** True when no pixel is to be repainted. */
export function isEmptyMask(mask: Mask): boolean {
  return !mask.data.includes(1);
}

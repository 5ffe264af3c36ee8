/** @file 8-bit RGB pixels in memory. Knows no file format. */

/** Interleaved 8-bit RGB, row by row: `data.length` is `width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

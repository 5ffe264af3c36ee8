/** @file A picture of floats, coded as sRGB is (blended as they are, not as light), while it is painted. Knows no file format. */
import type { Rgb } from "./colour.js";

export class Raster {
  readonly width: number;
  readonly height: number;
  /** Height × width × 3, about 0 … 1; clamped when it is read out. */
  readonly values: Float32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.values = new Float32Array(width * height * 3);
  }

  /** Lays `colour` over a pixel; `alpha` 0 leaves it, 1 replaces it. */
  blend(pixel: number, colour: Rgb, alpha: number): void {
    const { values } = this;
    const i = pixel * 3;
    values[i] = (values[i] ?? 0) * (1 - alpha) + colour[0] * alpha;
    values[i + 1] = (values[i + 1] ?? 0) * (1 - alpha) + colour[1] * alpha;
    values[i + 2] = (values[i + 2] ?? 0) * (1 - alpha) + colour[2] * alpha;
  }

  /** Multiplies a pixel's three channels. */
  light(pixel: number, factor: number): void {
    const { values } = this;
    const i = pixel * 3;
    values[i] = (values[i] ?? 0) * factor;
    values[i + 1] = (values[i + 1] ?? 0) * factor;
    values[i + 2] = (values[i + 2] ?? 0) * factor;
  }

  /** Height × width × 3, 0 … 255. */
  toBytes(): Uint8Array {
    const bytes = new Uint8ClampedArray(this.values.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (this.values[i] ?? 0) * 255;
    return new Uint8Array(bytes.buffer);
  }
}

/** A picture whose pixels are `colourAt(x, y)`. */
export function painted(
  width: number,
  height: number,
  colourAt: (x: number, y: number, pixel: number) => Rgb,
): Raster {
  const raster = new Raster(width, height);
  for (let y = 0, pixel = 0; y < height; y++)
    for (let x = 0; x < width; x++, pixel++) raster.blend(pixel, colourAt(x, y, pixel), 1);
  return raster;
}

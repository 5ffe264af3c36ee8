/** @file What a part of a picture is made of, by small square windows. Knows nothing of how a hole was filled. */
import { luminance } from "../../../src/tensor/luminance.js";
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";
import { PowerSpectrum } from "./power-spectrum.js";

export interface Texture {
  /** Mean standard deviation of luminance within a window, 0 … 127. */
  readonly deviation: number;
  /** Exponent of the power spectrum: about −2 for natural textures, 0 for white noise, less for a blur. */
  readonly slope: number;
}

/** Windows are a sixteenth of the picture wide. */
export const windowSide = (width: number): number => Math.max(8, Math.round(width / 16));

/** The upper left corners of all windows, half a window apart, that lie wholly in the hole, or wholly outside. */
export function windowsOf({ width, height, bytes }: Mask, where: "hole" | "surround"): readonly number[] {
  const side = windowSide(width);
  const wanted = (pixel: number) => (bytes[pixel] !== 0) === (where === "hole");
  const corners: number[] = [];
  for (let top = 0; top + side <= height; top += side / 2)
    for (let left = 0; left + side <= width; left += side / 2) {
      const corner = top * width + left;
      if (everyPixel(corner, side, width, wanted)) corners.push(corner);
    }
  return corners;
}

/** Throws RangeError when there is no window. */
export function textureOf(image: RgbImage, corners: readonly number[]): Texture {
  if (corners.length === 0) throw new RangeError("no window to look at");
  const { width } = image;
  const side = windowSide(width);
  const grey = luminance(image);
  const spectrum = new PowerSpectrum(side);
  let deviations = 0;
  for (const corner of corners) {
    const window = Float64Array.from(
      { length: side * side },
      (_, i) => grey[corner + Math.floor(i / side) * width + (i % side)] ?? 0,
    );
    const mean = window.reduce((sum, value) => sum + value, 0) / window.length;
    deviations += Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length);
    spectrum.add(window);
  }
  return { deviation: deviations / corners.length, slope: spectrum.slope() };
}

function everyPixel(
  corner: number,
  side: number,
  width: number,
  wanted: (pixel: number) => boolean,
): boolean {
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) if (!wanted(corner + y * width + x)) return false;
  return true;
}

/**
 * @file Covers a size with an image, its aspect kept, and cuts off what stands out on both sides.
 *
 * Matches: diffusers `VaeImageProcessor._resize_and_crop` (resize mode "crop").
 */
import { paste } from "./crop.js";
import { resizeLanczos } from "./resize-lanczos.js";
import type { RgbImage } from "./rgb-image.js";

/** `width` × `height` pixels. */
export function resizeAndCrop(image: RgbImage, width: number, height: number): RgbImage {
  const ratio = width / height;
  const sourceRatio = image.width / image.height;
  const coverWidth = ratio > sourceRatio ? width : Math.floor((image.width * height) / image.height);
  const coverHeight = ratio > sourceRatio ? Math.floor((image.height * width) / image.width) : height;
  const cover = resizeLanczos(image, coverWidth, coverHeight);
  const out = { width, height, data: new Uint8Array(width * height * 3) };
  paste(
    out,
    cover,
    Math.floor(width / 2) - Math.floor(coverWidth / 2),
    Math.floor(height / 2) - Math.floor(coverHeight / 2),
  );
  return out;
}

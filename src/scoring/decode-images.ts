/**
 * @file The images of a request to pixels, a few at a time, each failure told by the field it stands in.
 * Knows base64 and the codec's port; knows no row.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { decodeBase64 } from "./base64.js";
import type { ImageText } from "./parse-request.js";
import type { PixelHold } from "./pixel-budget.js";
import type { ImageCodec } from "./ports.js";
import type { Problems } from "./problems.js";

/** Node runs four blocking tasks at once by default; more images in flight would only hold memory. */
const MAX_CONCURRENT = 4;

/** The request's images are too large together: no more is decoded. */
const TOO_MANY = new Error("too many pixels");

export interface ImageToDecode extends ImageText {
  readonly exifTranspose: boolean;
}

export interface DecodedImage {
  readonly image: RgbImage;
  /** Milliseconds it took. */
  readonly ms: number;
  readonly warnings: readonly string[];
}

export interface DecodeImagesOptions {
  readonly codec: ImageCodec;
  /** Most pixels of all images together: they are in memory at the same time. */
  readonly maxPixels: number;
  /** What the request holds of the memory for all requests. */
  readonly held: Pick<PixelHold, "take">;
  readonly problems: Problems;
  /** Called with the milliseconds each image took, decoded or not. */
  readonly onDecoded: (ms: number) => void;
  readonly signal: AbortSignal;
}

/**
 * The pixels of each image, in order; undefined where `images` is, or where a problem was added. Rejects with
 * InpaintError CANCELLED once `signal` aborts, and QUEUE_FULL where `held` has no room. However it ends, no image is
 * being decoded any more when it does.
 */
export async function decodeImages(
  images: readonly (ImageToDecode | undefined)[],
  { codec, maxPixels, held, problems, onDecoded, signal }: DecodeImagesOptions,
): Promise<readonly (DecodedImage | undefined)[]> {
  const decoded: (DecodedImage | undefined)[] = images.map(() => undefined);
  const failures: (string | undefined)[] = images.map(() => undefined);
  const waiting = images.entries();
  let pixels = 0;
  let broken = false;

  async function decode({ text, exifTranspose }: ImageToDecode, i: number): Promise<void> {
    const startMs = performance.now();
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    const onSize = (more: number) => {
      pixels += more;
      if (pixels > maxPixels) throw TOO_MANY;
      held.take(more);
    };
    try {
      const image = await codec.decode(decodeBase64(text), { exifTranspose, onSize, onWarning });
      decoded[i] = { image, ms: performance.now() - startMs, warnings };
    } catch (error) {
      if (error instanceof InpaintError && error.code === "INVALID_INPUT") failures[i] = error.message;
      else if (error !== TOO_MANY) {
        broken = true;
        throw error;
      }
    }
    onDecoded(performance.now() - startMs);
  }

  async function lane(): Promise<void> {
    for (const [i, image] of waiting) {
      if (broken) return;
      if (signal.aborted) throw new InpaintError("CANCELLED", "the client went away");
      if (pixels > maxPixels) return;
      if (image) await decode(image, i);
    }
  }

  for (const end of await Promise.allSettled(Array.from({ length: MAX_CONCURRENT }, lane))) {
    if (end.status === "rejected") throw end.reason;
  }
  // Told in the order of the request, whichever was decoded first.
  for (const [i, failure] of failures.entries()) {
    const where = images[i]?.where;
    if (failure !== undefined && where !== undefined) problems.add(where, failure);
  }
  if (pixels > maxPixels) {
    problems.add("input_data.data", `the images together hold more than ${maxPixels} pixels`);
  }
  return decoded;
}

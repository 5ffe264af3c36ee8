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
  /** Names all rows together. */
  readonly where: string;
  /** Called with the milliseconds each image took, decoded or not. */
  readonly onDecoded: (ms: number) => void;
  readonly signal: AbortSignal;
}

/** An image between its text and its pixels. */
interface Reading {
  readonly image: ImageToDecode;
  readonly file: Uint8Array;
  /** Milliseconds so far. */
  readonly ms: number;
}

/**
 * The pixels of each image, in order; undefined where `images` is, or where a problem was added. Headers are read first:
 * the memory for all of them is taken at once, or nothing is decoded. Rejects with InpaintError CANCELLED once `signal`
 * aborts, and QUEUE_FULL where `held` has no room. However it ends, no image is being decoded any more when it does.
 */
export async function decodeImages(
  images: readonly (ImageToDecode | undefined)[],
  { codec, maxPixels, held, problems, where: all, onDecoded, signal }: DecodeImagesOptions,
): Promise<readonly (DecodedImage | undefined)[]> {
  const readings: (Reading | undefined)[] = images.map(() => undefined);
  const decoded: (DecodedImage | undefined)[] = images.map(() => undefined);
  const failures: (string | undefined)[] = images.map(() => undefined);
  let pixels = 0;

  async function read(image: ImageToDecode, i: number): Promise<void> {
    const startMs = performance.now();
    const file = decodeBase64(image.text);
    const count = await codec.countPixels(file);
    pixels += count ?? 0; // not in one line: others add while this one waits
    readings[i] = { image, file, ms: performance.now() - startMs };
  }

  async function decode({ image: { exifTranspose }, file, ms }: Reading, i: number): Promise<void> {
    const startMs = performance.now() - ms;
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    try {
      const image = await codec.decode(file, { exifTranspose, onWarning });
      decoded[i] = { image, ms: performance.now() - startMs, warnings };
    } finally {
      onDecoded(performance.now() - startMs);
    }
  }

  /** Bad bytes are a failure of the image's own, and of no other. */
  function each<T>(items: readonly (T | undefined)[], work: (item: T, i: number) => Promise<void>) {
    return inLanes(items, signal, async (item, i) => {
      try {
        await work(item, i);
      } catch (error) {
        if (!(error instanceof InpaintError && error.code === "INVALID_INPUT")) throw error;
        failures[i] = error.message;
      }
    });
  }

  await each(images, read);
  const tooMany = pixels > maxPixels;
  if (!tooMany) {
    held.take(pixels);
    await each(readings, decode);
  }
  // Told in the order of the request, whichever was decoded first.
  for (const [i, failure] of failures.entries()) {
    const where = images[i]?.where;
    if (failure !== undefined && where !== undefined) problems.add(where, failure);
  }
  if (tooMany) problems.add(all, `the images together hold more than ${maxPixels} pixels`);
  return decoded;
}

/** A few at a time. Once one rejects or `signal` aborts no other begins, and those under way are waited for. */
async function inLanes<T>(
  items: readonly (T | undefined)[],
  signal: AbortSignal,
  work: (item: T, i: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  let isBroken = false;
  async function lane(): Promise<void> {
    for (const [i, item] of waiting) {
      if (isBroken) return;
      if (signal.aborted) throw new InpaintError("CANCELLED", "the client went away");
      if (item === undefined) continue;
      try {
        await work(item, i);
      } catch (error) {
        isBroken = true;
        throw error;
      }
    }
  }
  for (const end of await Promise.allSettled(Array.from({ length: MAX_CONCURRENT }, lane))) {
    if (end.status === "rejected") throw end.reason;
  }
}

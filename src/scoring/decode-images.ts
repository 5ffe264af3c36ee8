/**
 * @file The images of a request to pixels, a few at a time, each failure told by the field it stands in.
 * Knows base64, URLs and the ports behind them; knows no row.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import { decodeBase64 } from "./base64.js";
import { isUrl } from "./image-url.js";
import type { ImageText } from "./parse-request.js";
import type { PixelHold } from "./pixel-budget.js";
import type { ImageCodec, ImageSource, RequestImages } from "./ports.js";
import type { Problems } from "./problems.js";

/** Node runs four blocking tasks at once by default; more images in flight would only hold memory. */
const MAX_CONCURRENT = 4;

export interface ImageToDecode extends ImageText {
  readonly exifTranspose: boolean;
}

export interface DecodedImage {
  readonly image: RgbImage;
  /** Milliseconds that decoding took. */
  readonly ms: number;
  /** Milliseconds that fetching took; undefined where the image was sent. */
  readonly fetchMs: number | undefined;
  readonly warnings: readonly string[];
}

export interface DecodeImagesOptions {
  readonly codec: ImageCodec;
  /** Absent: URLs are refused. */
  readonly source: ImageSource | undefined;
  /** Most pixels of all images together: they are in memory at the same time. */
  readonly maxPixels: number;
  /** What the request holds of the memory for all requests. */
  readonly held: Pick<PixelHold, "take">;
  readonly problems: Problems;
  /** Names all rows together. */
  readonly where: string;
  /** Called with the milliseconds each image took, decoded or not. */
  readonly onDecoded: (ms: number) => void;
  /** Called with the milliseconds each image of a URL took, fetched or not. */
  readonly onFetched: (ms: number) => void;
  readonly signal: AbortSignal;
}

/** An image between its text and its pixels. */
interface Reading {
  readonly image: ImageToDecode;
  readonly file: Uint8Array;
  /** Milliseconds so far, without fetching. */
  readonly ms: number;
  readonly fetchMs: number | undefined;
}

/**
 * The pixels of each image, in order; undefined where `images` is, or where a problem was added. Headers are read first:
 * the memory for all of them is taken at once, or nothing is decoded. Rejects with InpaintError CANCELLED once `signal`
 * aborts, and QUEUE_FULL where `held` or `source` has no room. However it ends, no image is being fetched or decoded any
 * more when it does.
 */
export async function decodeImages(
  images: readonly (ImageToDecode | undefined)[],
  { source, ...options }: DecodeImagesOptions,
): Promise<readonly (DecodedImage | undefined)[]> {
  const remote = images.some((image) => image !== undefined && isUrl(image.text))
    ? source?.open()
    : undefined;
  try {
    return await decodeAll(images, remote, options);
  } finally {
    remote?.release();
  }
}

async function decodeAll(
  images: readonly (ImageToDecode | undefined)[],
  remote: RequestImages | undefined,
  {
    codec,
    maxPixels,
    held,
    problems,
    where: all,
    onDecoded,
    onFetched,
    signal,
  }: Omit<DecodeImagesOptions, "source">,
): Promise<readonly (DecodedImage | undefined)[]> {
  const readings: (Reading | undefined)[] = images.map(() => undefined);
  const decoded: (DecodedImage | undefined)[] = images.map(() => undefined);
  const failures: (string | undefined)[] = images.map(() => undefined);
  let pixels = 0;

  async function timedFetch(from: RequestImages, url: string, wanted: AbortSignal) {
    const startMs = performance.now();
    try {
      const file = await from.fetch(url.trim(), wanted);
      return { file, fetchMs: performance.now() - startMs };
    } finally {
      onFetched(performance.now() - startMs);
    }
  }

  async function read(image: ImageToDecode, i: number, wanted: AbortSignal): Promise<void> {
    const fetched =
      remote !== undefined && isUrl(image.text) ? await timedFetch(remote, image.text, wanted) : undefined;
    const startMs = performance.now();
    const file = fetched?.file ?? (await decodeBase64(image.text, wanted));
    const count = await codec.countPixels(file);
    pixels += count ?? 0; // not in one line: others add while this one waits
    readings[i] = { image, file, ms: performance.now() - startMs, fetchMs: fetched?.fetchMs };
  }

  async function decode({ image: { exifTranspose }, file, ms, fetchMs }: Reading, i: number): Promise<void> {
    const startMs = performance.now() - ms;
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    try {
      const image = await codec.decode(file, { exifTranspose, onWarning });
      decoded[i] = { image, ms: performance.now() - startMs, fetchMs, warnings };
    } finally {
      onDecoded(performance.now() - startMs);
    }
  }

  /** Bad bytes are a failure of the image's own, and of no other. */
  function each<T>(
    items: readonly (T | undefined)[],
    work: (item: T, i: number, wanted: AbortSignal) => Promise<void>,
  ) {
    return inLanes(items, signal, async (item, i, wanted) => {
      try {
        await work(item, i, wanted);
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

/**
 * A few at a time. Once one rejects or `signal` aborts no other begins, and those under way are waited for: their
 * `wanted` aborts then.
 */
async function inLanes<T>(
  items: readonly (T | undefined)[],
  signal: AbortSignal,
  work: (item: T, i: number, wanted: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  const broken = new AbortController();
  const wanted = AbortSignal.any([signal, broken.signal]);
  async function lane(): Promise<void> {
    for (const [i, item] of waiting) {
      if (broken.signal.aborted) return;
      if (signal.aborted) throw new InpaintError("CANCELLED", "the client went away");
      if (item === undefined) continue;
      try {
        await work(item, i, wanted);
      } catch (error) {
        broken.abort(error);
        throw error;
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: MAX_CONCURRENT }, lane));
  broken.signal.throwIfAborted(); // with what came first: the others may only have been told to stop
  for (const end of ends) {
    if (end.status === "rejected") throw end.reason;
  }
}

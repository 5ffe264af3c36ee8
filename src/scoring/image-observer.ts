/**
 * @file What the engine tells of one job, as a caller may hear it: not too often, previews as small files. Knows the
 * codec's port; knows no stream.
 */
import { AtMostEvery } from "../async/at-most-every.js";
import { resizeLanczos } from "../tensor/resize-lanczos.js";
import type { RgbImage } from "../tensor/rgb-image.js";
import type { ImageCodec, JobObserver, JobProgress } from "./ports.js";
import type { ImagePlace, ScoreObserver } from "./score-observer.js";

/** Of a preview. */
export const MAX_PREVIEW_EDGE_PIXELS = 128;
const PREVIEW_QUALITY = 80;
/** Between two positions in the queue, and between two previews, of one image. */
const INTERVAL_MS = 1000;

interface QueuePlace {
  readonly position: number;
  readonly waitMs: number | undefined;
}

/** `image` with no edge over MAX_PREVIEW_EDGE_PIXELS, its aspect kept. */
function shrunk(image: RgbImage): RgbImage {
  const scale = MAX_PREVIEW_EDGE_PIXELS / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const edge = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resizeLanczos(image, edge(image.width), edge(image.height));
}

export class ImageObserver implements JobObserver {
  readonly #place: ImagePlace;
  readonly #observer: ScoreObserver;
  readonly #codec: ImageCodec;
  #queue: AtMostEvery<QueuePlace>;
  readonly #previews: AtMostEvery<RgbImage>;
  #position: number | undefined;
  #latest: Omit<JobProgress, "preview"> | undefined;
  #restarts = 0;
  #encoding = false;
  #stopped = false;

  constructor(place: ImagePlace, observer: ScoreObserver, codec: ImageCodec) {
    this.#place = place;
    this.#observer = observer;
    this.#codec = codec;
    this.#queue = this.#atMostEvery();
    this.#previews = new AtMostEvery(INTERVAL_MS, (preview) => this.#encode(preview));
  }

  onQueued(position: number, waitMs: number | undefined): void {
    if (position === this.#position) return;
    this.#position = position;
    this.#queue.offer({ position, waitMs });
  }

  onProgress({ call, calls, preview }: JobProgress): void {
    if (this.#stopped) return;
    this.#queue.stop();
    this.#latest = { call, calls };
    this.#observer.onProgress(this.#place, this.#latest);
    if (preview !== undefined) this.#previews.offer(preview);
  }

  /** The position is told at once, and a preview of what is lost never. */
  onRestarted(): void {
    if (this.#stopped) return;
    this.#queue.stop();
    this.#queue = this.#atMostEvery();
    this.#position = undefined;
    this.#latest = undefined;
    this.#restarts++;
    this.#previews.clear();
    this.#observer.onRestarted(this.#place);
  }

  /** The job has ended: nothing is told any more. */
  stop(): void {
    this.#stopped = true;
    this.#queue.stop();
    this.#previews.stop();
  }

  #atMostEvery(): AtMostEvery<QueuePlace> {
    return new AtMostEvery(INTERVAL_MS, (queue) => this.#observer.onQueued(this.#place, queue));
  }

  /** Told with the latest call, so that calls never count backwards. A preview is left out while one is being made. */
  async #encode(preview: RgbImage): Promise<void> {
    if (this.#encoding) return;
    this.#encoding = true;
    const restarts = this.#restarts;
    try {
      const file = await this.#codec.encode(shrunk(preview), { format: "jpeg", quality: PREVIEW_QUALITY });
      if (!this.#stopped && this.#latest !== undefined && restarts === this.#restarts) {
        this.#observer.onProgress(this.#place, { ...this.#latest, preview: file });
      }
    } catch (error) {
      this.#observer.onPreviewFailed(error);
    } finally {
      this.#encoding = false;
    }
  }
}

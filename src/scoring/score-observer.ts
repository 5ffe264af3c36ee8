/** @file What a caller may hear of a request before its answer. Knows neither events nor their encoding. */

/** Which image is spoken of. */
export interface ImagePlace {
  /** Of the request, from 0. */
  readonly row: number;
  /** Of the answer, from 0: a row that asks for k images has k of them. */
  readonly image: number;
}

export interface ImageProgress {
  /** UNet calls made, 1 … `calls`. */
  readonly call: number;
  readonly calls: number;
  /** A JPEG of at most 128 pixels an edge. */
  readonly preview?: Uint8Array;
}

/** Is called for every UNet call of every image: what it does must be cheap, and must not throw. */
export interface ScoreObserver {
  /** The request is admitted and its images are read; jobs begin now. Called once, before all others. */
  onBegun(): void;
  /** `position` ≥ 1; 1 is the next to begin. `waitMs`: the estimate until it does, where there is one. */
  onQueued(
    place: ImagePlace,
    queue: { readonly position: number; readonly waitMs: number | undefined },
  ): void;
  onProgress(place: ImagePlace, progress: ImageProgress): void;
  /** What made it has ended: it waits again, and its calls count from 1 again. */
  onRestarted(place: ImagePlace): void;
  /** A preview could not be made; the image itself is not affected. */
  onPreviewFailed(error: unknown): void;
}

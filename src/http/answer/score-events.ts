/**
 * @file The events of one scoring request: what waits, what progresses, the result or the error. Knows their names and
 * data; knows neither jobs nor the connection.
 */
import type { Scored } from "../../scoring/score.js";
import type { ImagePlace, ImageProgress, ScoreObserver } from "../../scoring/score-observer.js";
import type { ErrorReply } from "./error-reply.js";
import { type EventStream, formatEvent } from "./event-stream.js";
import { jsonRows, type Presentation } from "./json-rows.js";

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

export interface ScoreEventsOptions {
  /** What stands around the rows of the result. */
  readonly presentation: Presentation;
  readonly onBegun: () => void;
  readonly onPreviewFailed: (error: unknown) => void;
}

export class ScoreEvents implements ScoreObserver {
  readonly onBegun: () => void;
  readonly onPreviewFailed: (error: unknown) => void;
  readonly #stream: EventStream;
  readonly #presentation: Presentation;
  /** By image: previews that no event has carried yet. */
  readonly #previews = new Map<number, Uint8Array>();
  /** By image: how often it was begun anew. */
  readonly #restarts = new Map<number, number>();

  constructor(stream: EventStream, { presentation, onBegun, onPreviewFailed }: ScoreEventsOptions) {
    this.#presentation = presentation;
    this.#stream = stream;
    this.onBegun = onBegun;
    this.onPreviewFailed = onPreviewFailed;
  }

  onQueued({ row, image }: ImagePlace, { position, waitMs }: Parameters<ScoreObserver["onQueued"]>[1]): void {
    const wait_ms = waitMs === undefined ? null : Math.round(waitMs);
    const data = { row, image, ...this.#attempt(image), position, wait_ms };
    this.#stream.offer(image, () => formatEvent("queued", JSON.stringify(data)));
  }

  /** A preview that could not be sent goes with the next call's event. */
  onProgress({ row, image }: ImagePlace, { call, calls, preview }: ImageProgress): void {
    if (preview !== undefined) this.#previews.set(image, preview);
    const attempt = this.#attempt(image);
    this.#stream.offer(image, () => {
      const unsent = this.#previews.get(image);
      this.#previews.delete(image);
      const data = { row, image, ...attempt, call, calls, ...(unsent && { preview: base64(unsent) }) };
      return formatEvent("progress", JSON.stringify(data));
    });
  }

  /** Told with what comes next: that may take the place of what a slow client has not read. */
  onRestarted({ image }: ImagePlace): void {
    this.#restarts.set(image, (this.#restarts.get(image) ?? 0) + 1);
    this.#previews.delete(image);
  }

  /** The data of the result are the JSON body that the plain answer would have. */
  finish({ rows, seeds }: Pick<Scored, "rows" | "seeds">): void {
    this.#stream.finish(lastEvents(rows, seeds, this.#presentation));
  }

  /** What the plain answer would be. */
  fail({ status, headers, body }: ErrorReply): void {
    const data = { status, headers, body };
    this.#stream.finish([formatEvent("error", JSON.stringify(data))]);
  }

  /** From the second on. */
  #attempt(image: number): { readonly attempt?: number } {
    const restarts = this.#restarts.get(image);
    return restarts === undefined ? {} : { attempt: restarts + 1 };
  }
}

function* lastEvents(
  rows: Scored["rows"],
  seeds: Scored["seeds"],
  presentation: Presentation,
): Generator<string> {
  yield formatEvent("seeds", JSON.stringify(seeds));
  yield "event: result\ndata: ";
  yield* jsonRows(rows, presentation);
  yield "\n\n";
}

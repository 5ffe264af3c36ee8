/**
 * @file Bodies as they arrive, each within its own limit and all within one. Knows bytes; knows nothing of what is in
 * them.
 */
import type { IncomingMessage } from "node:http";
import { InpaintError } from "../errors/inpaint-error.js";
import type { ByteBudget } from "./byte-budget.js";

/** An upload is over within seconds, one way or the other. */
const RETRY_AFTER_MS = 5000;

export class BodyReader {
  readonly #maxBodyBytes: number;
  readonly #uploads: ByteBudget;

  /** `uploads`: what all bodies may take that are arriving; at least `maxBodyBytes`, or the largest could never come. */
  constructor(maxBodyBytes: number, uploads: ByteBudget) {
    this.#maxBodyBytes = maxBodyBytes;
    this.#uploads = uploads;
  }

  /**
   * The whole body of `message`. A length that is announced is made room for at once; without one, as it comes. Rejects
   * with InpaintError BODY_TOO_LARGE, QUEUE_FULL, or CANCELLED when the client goes away; what else arrives then is not
   * kept.
   */
  async read(message: IncomingMessage): Promise<Buffer> {
    const length = message.headers["content-length"];
    return length === undefined ? this.#readChunked(message) : this.#readAnnounced(message, Number(length));
  }

  /** Node's parser gives no byte more than was announced, and an error where there is one less. */
  async #readAnnounced(message: IncomingMessage, length: number): Promise<Buffer> {
    this.#checkLength(length);
    this.#take(length);
    try {
      const body = Buffer.allocUnsafeSlow(length);
      let received = 0;
      await onEachChunk(message, (chunk) => {
        received += chunk.copy(body, received);
      });
      return body.subarray(0, received);
    } finally {
      this.#uploads.giveBack(length);
    }
  }

  async #readChunked(message: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let received = 0;
    try {
      await onEachChunk(message, (chunk) => {
        this.#checkLength(received + chunk.length);
        this.#take(chunk.length);
        received += chunk.length;
        chunks.push(chunk);
      });
      return Buffer.concat(chunks, received);
    } finally {
      this.#uploads.giveBack(received);
    }
  }

  #checkLength(bytes: number): void {
    if (bytes > this.#maxBodyBytes) {
      throw new InpaintError(
        "BODY_TOO_LARGE",
        `POST body is too large; at most ${this.#maxBodyBytes} bytes are accepted.`,
      );
    }
  }

  #take(bytes: number): void {
    if (!this.#uploads.hasRoomFor(bytes)) {
      throw new InpaintError(
        "QUEUE_FULL",
        `other requests' bodies are arriving; at most ${this.#uploads.maxBytes} bytes may do so at a time`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
    this.#uploads.take(bytes);
  }
}

/** Until the end. Once `listener` has thrown, which is passed on, chunks are no longer looked at. */
function onEachChunk(message: IncomingMessage, listener: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      message.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
    };
    function onData(chunk: Buffer): void {
      try {
        listener(chunk);
      } catch (error) {
        stop();
        reject(error);
      }
    }
    function onEnd(): void {
      stop();
      resolve();
    }
    function onError(cause: unknown): void {
      stop();
      reject(new InpaintError("CANCELLED", "The client went away while sending.", { cause }));
    }
    const onClose = () => onError(undefined);
    message.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

/**
 * @file Bodies as they arrive, each within its own limit and all within one. Knows bytes; knows nothing of what is in
 * them.
 */
import type { IncomingMessage } from "node:http";
import { onAbort } from "../../async/abort.js";
import type { Budget, Hold } from "../../async/budget.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { ArrivedBody } from "./arrived-body.js";

/** An upload is over within seconds, one way or the other. */
const RETRY_AFTER_MS = 5000;

const FIRST_BYTES = 2 ** 16;
const GROWTH = 4;
/**
 * What a body needs room for next. It is copied as it comes: a chunk may be a single byte, which takes some hundred as an
 * object of its own. What is not written to yet takes no memory, only addresses.
 */
const grown = (bytes: number) => Math.max(FIRST_BYTES, GROWTH * bytes);

/** A body on its way. */
interface Arrival {
  readonly hold: Hold;
  /** So far. */
  bytes: number;
  readonly refused: AbortController;
}

export class BodyReader {
  readonly #maxBodyBytes: number;
  readonly #uploads: Budget;
  /** The oldest first. */
  readonly #arrivals = new Set<Arrival>();

  /** `uploads`: what all bodies may take that are arriving or in use; at least `maxBodyBytes`, or the largest could never come. */
  constructor(maxBodyBytes: number, uploads: Budget) {
    this.#maxBodyBytes = maxBodyBytes;
    this.#uploads = uploads;
  }

  /**
   * The whole body of `message`, which keeps its place among all. Bytes count as they come: a length that is announced
   * takes nothing, or a few who announce and send nothing would keep everybody out. Where there is no room, the bodies
   * that began after it make room for it, the largest first: else all would be refused on their way, and none arrive.
   * Rejects with InpaintError BODY_TOO_LARGE, QUEUE_FULL, CANCELLED when the client goes away, or the reason of `signal`
   * once it aborts: Node tells nothing of the end of a request that has its answer. What else arrives then is not kept.
   */
  async read(message: IncomingMessage, signal: AbortSignal): Promise<ArrivedBody> {
    const arrival = { hold: this.#uploads.hold(), bytes: 0, refused: new AbortController() };
    this.#arrivals.add(arrival);
    const stopListening = onAbort(signal, () => arrival.refused.abort(signal.reason));
    try {
      return new ArrivedBody(await this.#readInto(message, arrival), arrival.hold);
    } catch (error) {
      arrival.hold.release();
      throw error;
    } finally {
      stopListening();
      this.#arrivals.delete(arrival);
    }
  }

  /** Node's parser gives no byte more than was announced, and an error where there is one less. */
  async #readInto(message: IncomingMessage, arrival: Arrival): Promise<Buffer> {
    const announced = message.headers["content-length"];
    if (announced !== undefined) this.#checkLength(Number(announced));
    const maxBytes = announced === undefined ? this.#maxBodyBytes : Number(announced);
    let body = Buffer.alloc(0);
    const { hold, refused } = arrival;
    await onEachChunk(message, refused.signal, (chunk) => {
      const received = arrival.bytes;
      const bytes = received + chunk.length;
      this.#checkLength(bytes);
      this.#makeRoom(arrival, chunk.length);
      hold.take(chunk.length);
      if (bytes > body.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(maxBytes, grown(body.length))));
        body.copy(larger, 0, 0, received);
        body = larger;
      }
      chunk.copy(body, received);
      arrival.bytes = bytes;
    });
    return body.subarray(0, arrival.bytes);
  }

  #checkLength(bytes: number): void {
    if (bytes > this.#maxBodyBytes) {
      throw new InpaintError(
        "BODY_TOO_LARGE",
        `POST body is too large; at most ${this.#maxBodyBytes} bytes are accepted.`,
      );
    }
  }

  #makeRoom(arrival: Arrival, bytes: number): void {
    while (!this.#uploads.hasRoomFor(bytes)) {
      const largest = this.#largestAfter(arrival);
      if (largest === undefined) throw this.#noRoom();
      largest.hold.release();
      this.#arrivals.delete(largest);
      largest.refused.abort(this.#noRoom());
    }
  }

  #largestAfter(arrival: Arrival): Arrival | undefined {
    let largest: Arrival | undefined;
    let isAfter = false;
    for (const other of this.#arrivals) {
      if (isAfter && other.bytes > (largest?.bytes ?? 0)) largest = other;
      if (other === arrival) isAfter = true;
    }
    return largest;
  }

  #noRoom(): InpaintError {
    return new InpaintError(
      "QUEUE_FULL",
      `other requests' bodies are arriving or being read; at most ${this.#uploads.max} bytes of them may be in memory`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
}

/**
 * Until the end. Once `listener` has thrown or `signal` aborts, chunks are no longer looked at; what was thrown, or the
 * signal's reason, is passed on.
 */
function onEachChunk(
  message: IncomingMessage,
  signal: AbortSignal,
  listener: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      stop();
      reject(signal.reason);
    });
    const stop = () => {
      stopListening();
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

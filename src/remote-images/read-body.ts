/** @file The body of an answer, as far as it may be read. Knows its limits; knows neither URLs nor images. */
import type { IncomingMessage } from "node:http";
import { InpaintError } from "../errors/inpaint-error.js";

export interface ReadBodyOptions {
  readonly maxBytes: number;
  /** Called with the bytes of each piece before they are kept; what it throws ends the reading. */
  readonly take: (bytes: number) => void;
}

const FIRST_BYTES = 64 * 1024;

/**
 * The bytes so far, in memory of their own: a server that sends one byte at a time would otherwise have each of them kept
 * with some hundred bytes of bookkeeping.
 */
export class GatheredBytes {
  readonly #maxBytes: number;
  #memory: Uint8Array;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#memory = new Uint8Array(Math.min(FIRST_BYTES, maxBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** `piece` fits into what is left of the maximum. */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#memory.length) {
      const larger = new Uint8Array(Math.min(Math.max(2 * this.#memory.length, length), this.#maxBytes));
      larger.set(this.#memory.subarray(0, this.#length));
      this.#memory = larger;
    }
    this.#memory.set(piece, this.#length);
    this.#length = length;
  }

  /** Without what was allocated and not needed. */
  bytes(): Uint8Array {
    return this.#memory.slice(0, this.#length);
  }
}

function refuse(message: string): never {
  throw new InpaintError("INVALID_INPUT", message);
}

/**
 * The whole body. Rejects with InpaintError INVALID_INPUT for one that is larger or encoded, with what `take` throws, or
 * with the system's error when the connection breaks. The connection is closed however it ends.
 */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, take }: ReadBodyOptions,
): Promise<Uint8Array> {
  const tooLarge = () => refuse(`is larger than ${maxBytes} bytes`);
  try {
    const encoding = response.headers["content-encoding"] ?? "identity";
    if (encoding.toLowerCase() !== "identity") refuse("was sent compressed, which was not asked for");
    if (Number(response.headers["content-length"] ?? 0) > maxBytes) tooLarge();
    const gathered = new GatheredBytes(maxBytes);
    for await (const piece of response) {
      if (!(piece instanceof Uint8Array))
        throw new TypeError("a body's piece that is no bytes: this is a bug");
      if (gathered.length + piece.length > maxBytes) tooLarge();
      take(piece.length);
      gathered.add(piece);
    }
    return gathered.bytes();
  } finally {
    response.destroy();
  }
}

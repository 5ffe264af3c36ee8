/**
 * @file Messages whose pixels travel in parts: a channel between processes writes and reads a message in one go, and
 * 50 MB keep the event loop for 40 ms at one end and for longer at the other. Knows typed arrays in plain objects; knows
 * no kind of message.
 */
import { setImmediate } from "node:timers/promises";

/** What a part has at most; written in a millisecond. */
export const PART_BYTES = 2 ** 20;
/** An array from here on travels by itself: a few in one message, and a dozen messages in one turn, add up. */
const MIN_BYTES = 2 ** 18;

/** Comes before the message that it is of, in order. */
interface Part {
  readonly type: "part";
  /** Of the array, in bytes. */
  readonly whole: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}
/** A message whose parts have all been sent. */
interface Rest {
  readonly type: "rest";
  readonly message: unknown;
}
/** Stands for an array in it. */
interface Place {
  readonly $part: number;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const isPart = (value: unknown): value is Part =>
  isObject(value) && value.type === "part" && value.bytes instanceof Uint8Array;
const isRest = (value: unknown): value is Rest => isObject(value) && value.type === "rest";
const isPlace = (value: unknown): value is Place => isObject(value) && typeof value.$part === "number";

/** `value` with `change` made of every field at whatever depth, where it is not undefined. */
function changed(value: unknown, change: (field: unknown) => unknown): unknown {
  const other = change(value);
  if (other !== undefined) return other;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, changed(field, change)]));
}

export class PartSender {
  readonly #write: (message: object) => Promise<void>;
  #last: Promise<void> | undefined;

  /** `write` is fulfilled when a message has left, or never will; it does not reject. */
  constructor(write: (message: object) => Promise<void>) {
    this.#write = write;
  }

  /**
   * Sends `message` after all before it; one without large arrays leaves at once when nothing waits. Fulfilled when it has
   * left. Its arrays are read until then: nobody may write into them.
   */
  send(message: object): Promise<void> {
    const arrays: Uint8Array[] = [];
    const rest = changed(message, (field) =>
      field instanceof Uint8Array && field.byteLength >= MIN_BYTES
        ? ({ $part: arrays.push(field) - 1 } satisfies Place)
        : undefined,
    );
    if (arrays.length === 0 && this.#last === undefined) return this.#write(message);
    const last = (this.#last ?? Promise.resolve()).then(() =>
      arrays.length === 0 ? this.#write(message) : this.#sendParts(arrays, rest),
    );
    this.#last = last;
    void last.then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return last;
  }

  /**
   * Sends `message`, which has no large arrays, once `sent` is fulfilled, which `send` gave: before what waits behind it,
   * between two parts of another message if need be.
   */
  async sendNextAfter(sent: Promise<void>, message: object): Promise<void> {
    await sent;
    await this.#write(message);
  }

  async #sendParts(arrays: readonly Uint8Array[], message: unknown): Promise<void> {
    for (const array of arrays) {
      const whole = array.byteLength;
      for (let offset = 0; offset < whole; offset += PART_BYTES) {
        const bytes = array.subarray(offset, offset + PART_BYTES);
        await this.#write({ type: "part", whole, offset, bytes } satisfies Part);
        // A channel may take what it is given at once. Not a turn of those that many requests share: a job would wait
        // for all of them at every part, and what is behind it too.
        await setImmediate();
      }
    }
    await this.#write({ type: "rest", message } satisfies Rest);
  }
}

export class PartReceiver {
  #arrays: Uint8Array[] = [];

  /** The message that `received` is or completes; undefined where more of it must come. */
  receive(received: unknown): unknown {
    if (isPart(received)) {
      if (received.offset === 0) this.#arrays.push(new Uint8Array(received.whole));
      this.#arrays.at(-1)?.set(received.bytes, received.offset);
      return undefined;
    }
    if (!isRest(received)) return received;
    const arrays = this.#arrays;
    this.#arrays = [];
    return changed(received.message, (field) => (isPlace(field) ? arrays[field.$part] : undefined));
  }
}

/** @file Reads the operands of pickle opcodes, never past the end. Knows how numbers and texts are written; knows no opcode. */
import type { PickleValue } from "./pickle-value.js";

/** A longer integer is no size, no key and no hash. */
const MAX_INTEGER_BYTES = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NEWLINE = 0x0a;

/** A place in a pickle. Every method throws an Error where the pickle ends too early or a text is not UTF-8. */
export class PickleOperands {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(): number {
    return this.#take(1).readUInt8();
  }

  uint16(): number {
    return this.#take(2).readUInt16LE();
  }

  uint32(): number {
    return this.#take(4).readUInt32LE();
  }

  int32(): number {
    return this.#take(4).readInt32LE();
  }

  /** A count of bytes that follow: what is left at most. */
  uint64(): number {
    return Number(this.#take(8).readBigUInt64LE());
  }

  /** Floats stand the other way round than integers. */
  float64(): number {
    return this.#take(8).readDoubleBE();
  }

  /** Two's complement, little-endian, of any length. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw new Error(`an integer of ${length} bytes`);
    const bytes = Buffer.from(this.#take(length)).reverse();
    if (length === 0) return 0;
    const value = BigInt.asIntN(8 * length, BigInt(`0x${bytes.toString("hex")}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  bytes(length: number): PickleValue {
    return { kind: "bytes", bytes: this.#take(length) };
  }

  text(length: number): string {
    try {
      return utf8.decode(this.#take(length));
    } catch (cause) {
      throw cause instanceof TypeError ? new Error("a text that is not UTF-8", { cause }) : cause;
    }
  }

  /** Python 2's `str`, whose bytes may be anything. */
  byteText(length: number): string {
    return this.#take(length).toString("latin1");
  }

  /** Up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.#offset);
    if (end < 0) throw new Error("a line without its end");
    const text = this.text(end - this.#offset);
    this.#offset = end + 1;
    return text;
  }

  #take(length: number): Buffer {
    if (length > this.remaining) {
      throw new Error(`${length} bytes are asked for, ${this.remaining} are left`);
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }
}

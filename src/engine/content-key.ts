/**
 * @file One name for equal content: the sha256 of a plain value in a form that leaves no two values alike. Knows plain
 * data only; what a field means is no matter here, so that a new one cannot be forgotten.
 */
import { createHash, type Hash } from "node:crypto";
import type { Sliced } from "../async/in-slices.js";

/** Of an array, hashed in half a millisecond on a processor with SHA instructions. */
export const HASH_SLICE_BYTES = 2 ** 20;

/** As `contentKey`, with at most HASH_SLICE_BYTES of an array between two yields. */
export function* contentKeySlices(value: object): Sliced<string> {
  const hash = createHash("sha256");
  yield* addValue(hash, value);
  return hash.digest("hex");
}

/**
 * 64 hexadecimal digits for a value of objects, arrays, strings, numbers, booleans, null and typed arrays. The order of
 * an object's fields does not count, and a field that is undefined counts as absent; everything else does, also whether
 * bytes are those of an Uint8Array or of a Float32Array. Throws TypeError for a value of any other kind. On the
 * calling thread: half a millisecond for 512 × 512 pixels, 26 ms for 4000 × 4000 on a processor with SHA instructions.
 */
export function contentKey(value: object): string {
  const slices = contentKeySlices(value);
  for (;;) {
    const { done, value: key } = slices.next();
    if (done) return key;
  }
}

/** Each kind starts with a mark of its own and says where it ends, so that no content can pass for another. */
function* addValue(hash: Hash, value: unknown): Sliced<void> {
  switch (typeof value) {
    case "string":
      // JSON, not UTF-8: it tells lone surrogates apart
      hash.update(JSON.stringify(value));
      return;
    case "number":
      hash.update(`${Object.is(value, -0) ? "-0" : value},`);
      return;
    case "boolean":
      hash.update(`${value},`);
      return;
    case "object":
      yield* addObject(hash, value);
      return;
    default:
      throw new TypeError(`a ${typeof value} has no content to name; this is a bug`);
  }
}

function* addObject(hash: Hash, value: object | null): Sliced<void> {
  if (value === null) {
    hash.update("null,");
  } else if (ArrayBuffer.isView(value)) {
    hash.update(`${kindOf(value)} ${value.byteLength}:`);
    for (let offset = 0; offset < value.byteLength; offset += HASH_SLICE_BYTES) {
      if (offset > 0) yield;
      const length = Math.min(HASH_SLICE_BYTES, value.byteLength - offset);
      hash.update(new Uint8Array(value.buffer, value.byteOffset + offset, length));
    }
  } else if (Array.isArray(value)) {
    hash.update("[");
    for (const item of value) yield* addValue(hash, item);
    hash.update("]");
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    hash.update("{");
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    for (const [name, field] of fields.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${JSON.stringify(name)}=`);
      yield* addValue(hash, field);
    }
    hash.update("}");
  } else {
    throw new TypeError(`${kindOf(value)} is no plain value; this is a bug`);
  }
}

/** `[object Uint8Array]`, also of a Buffer. */
const kindOf = (value: object): string => Object.prototype.toString.call(value);

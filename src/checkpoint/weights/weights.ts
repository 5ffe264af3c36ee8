/**
 * @file What a set of weights is: tensors by name, each a span of bytes in some file on disk.
 * Knows no file format and reads nothing.
 */
import { dirname } from "node:path";
import { InpaintError } from "../../errors/inpaint-error.js";
import { isWithin } from "../files/path-within.js";

/** Bytes per element of every element type that a weights file may hold. The names are those of safetensors. */
export const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;
export type StoredType = keyof typeof ELEMENT_BYTES;

export interface WeightsFile {
  /** As the operator names it. */
  readonly path: string;
  /** Folder and name of the file itself, all symbolic links resolved: a runtime refuses data behind a link. */
  readonly directory: string;
  readonly fileName: string;
}

/** A dense row-major little-endian tensor: `length` bytes from byte `offset` of `file`. */
export interface StoredTensor {
  /** In the file, for messages. The key in `WeightSet.tensors` may differ: a layout may rename or split tensors. */
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly length: number;
  readonly file: WeightsFile;
}

/** The weights of one component, or of a whole single-file checkpoint. They may lie in several files. */
export interface WeightSet {
  /** The file, or the index of its shards, for messages. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What a safetensors file says of itself. Absent where a format has no such place, and of shards. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** What the file calls, or would call, the tensor `key`. Absent where keys are the file's own names. */
  readonly nameInFile?: (key: string) => string;
}

/** Bytes of a tensor; above 2^53 a rounded number, which is no file's size either way. */
export const byteLength = (dtype: StoredType, shape: readonly number[]): number =>
  shape.reduce((count, size) => count * size, ELEMENT_BYTES[dtype]);

/** The deepest folder that holds every file of the set. The set's own folder where it holds no tensor. */
export function commonFolder({ path, tensors }: WeightSet): string {
  const folders = new Set([...tensors.values()].map(({ file }) => file.directory));
  const [first = dirname(path), ...rest] = folders;
  let common = first;
  for (const folder of rest) {
    while (!isWithin(common, folder)) common = dirname(common);
  }
  return common;
}

/** Longer ones are no checkpoint's: the longest of Stable Diffusion have about 100. Keeps work on names in bounds. */
const MAX_NAME_CHARS = 1000;

/** Throws INVALID_CHECKPOINT that shows the beginning of a name that no tensor has. */
export function expectTensorName(path: string, name: string): void {
  if (name.length <= MAX_NAME_CHARS) return;
  throw new InpaintError(
    "INVALID_CHECKPOINT",
    `${path}: ${shownName(name)}: a name of ${name.length} characters; at most ${MAX_NAME_CHARS} are read`,
  );
}

/** Control characters of a text that a file gives, spelt out: it must not break a log's line nor command a terminal. */
export const printable = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** What a message shows of a name that a file gives: names may be of any length and of any characters. */
export const shownName = (name: string): string =>
  printable(name.length > 200 ? `${name.slice(0, 200)}…` : name);

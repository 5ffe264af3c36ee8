/** @file Writes small torch checkpoints for tests, as `torch.save` would, or with one part that lies. */
import { writeFile } from "node:fs/promises";
import * as p from "./pickle-writer.js";
import type { TensorToWrite } from "./safetensors-writer.js";
import { type EntryToWrite, zipOf } from "./zip-writer.js";

const STORAGES = {
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
} as const;
const ELEMENT_BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8 } as const;

/** What a tensor says of itself. */
export interface TensorRecord {
  readonly storage: string;
  readonly key: string;
  readonly count: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const tupleOf = (numbers: readonly number[]) => Buffer.concat([p.MARK, ...numbers.map(p.BININT), p.TUPLE]);

/** The operations that leave a tensor on the stack. */
export const tensorOperations = ({ storage, key, count, offset, shape, strides }: TensorRecord): Buffer =>
  Buffer.concat([
    p.GLOBAL("torch._utils", "_rebuild_tensor_v2"),
    p.MARK,
    ...[p.MARK, p.BINUNICODE("storage"), p.GLOBAL("torch", storage), p.BINUNICODE(key), p.BINUNICODE("cpu")],
    ...[p.BININT(count), p.TUPLE, p.BINPERSID],
    ...[p.BININT(offset), tupleOf(shape), tupleOf(strides), p.NEWFALSE],
    ...[p.GLOBAL("collections", "OrderedDict"), p.EMPTY_TUPLE, p.REDUCE],
    p.TUPLE,
    p.REDUCE,
  ]);

export const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

/** A pickle of one dictionary: name → operations of its value. */
export const dictPickle = (values: readonly (readonly [name: string, operations: Uint8Array])[]): Buffer =>
  p.pickleOf(
    p.EMPTY_DICT,
    p.MARK,
    ...values.flatMap(([name, operations]) => [p.BINUNICODE(name), operations]),
    p.SETITEMS,
  );

/** The entries of an archive with this pickle and these storages. */
export const archiveEntries = (
  pickle: Uint8Array,
  storages: ReadonlyMap<string, Uint8Array>,
): readonly EntryToWrite[] => [
  { name: "archive/data.pkl", bytes: pickle },
  { name: "archive/byteorder", bytes: Buffer.from("little") },
  ...[...storages].map(([key, bytes]) => ({ name: `archive/data/${key}`, bytes })),
];

export async function writeTorchFile(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
): Promise<void> {
  const storages = new Map<string, Uint8Array>();
  const values: [string, Uint8Array][] = [];
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const key = String(storages.size);
    storages.set(key, bytes);
    const count = bytes.length / ELEMENT_BYTES[dtype];
    const record = { storage: STORAGES[dtype], key, count, offset: 0, shape, strides: stridesOf(shape) };
    values.push([name, tensorOperations(record)]);
  }
  await writeFile(path, zipOf(archiveEntries(dictPickle(values), storages)));
}

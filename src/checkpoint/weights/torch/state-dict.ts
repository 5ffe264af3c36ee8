/**
 * @file Finds the tensors that a torch checkpoint's pickle describes: name, shape, and which part of which storage.
 * Knows torch's own way of saying "tensor"; knows no zip file and reads no weight.
 * Reference: torch/_utils.py (`_rebuild_tensor_v2` and its kin), torch/serialization.py (`persistent_id`).
 */
import { ELEMENT_BYTES, type StoredType, shownName } from "../weights.js";
import { kindOf, type PickleObject, type PickleValue } from "./pickle-value.js";
import {
  ORDERED_DICT,
  REBUILD_FROM_TYPE,
  REBUILD_PARAMETERS,
  REBUILD_TENSOR_V2,
  REBUILD_TENSOR_V3,
  STORAGE_TYPES,
} from "./torch-globals.js";

/** A tensor over a storage. Counts are in elements. */
export interface DescribedTensor {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** The storage's key: the name of the file that holds it. */
  readonly storage: string;
  readonly storageBytes: number;
  readonly storageOffset: number;
}

/** Convolution weights have rank 4. */
const MAX_RANK = 8;
/** `state_dict` within `state_dict`: none is known with more than one. */
const MAX_NESTING = 4;
/** Listed in one message at most. */
const MAX_KEYS_SHOWN = 10;

/**
 * The tensors of a checkpoint: of its `state_dict`, where it has one (PyTorch Lightning), else of its top level.
 * Whatever else stands there is passed over. Throws an Error naming the tensor that cannot be served.
 */
export function describeTensors(checkpoint: PickleValue): readonly DescribedTensor[] {
  const entries = stateDict(checkpoint);
  const tensors = new Map<string, DescribedTensor>();
  for (const [key, value] of entries) {
    if (!isTensor(value)) continue;
    if (typeof key !== "string") throw new Error("a tensor whose name is not a text");
    if (tensors.has(key)) throw new Error(`${shownName(key)}: given twice`);
    try {
      tensors.set(key, { name: key, ...describe(value) });
    } catch (cause) {
      throw new Error(`${shownName(key)}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  if (tensors.size === 0) {
    const keys = entries.map(([key]) => (typeof key === "string" ? key.slice(0, 40) : "…"));
    throw new Error(
      `holds no state_dict: its keys are ${keys.slice(0, MAX_KEYS_SHOWN).join(", ") || "none"}`,
    );
  }
  return [...tensors.values()];
}

type Entries = readonly (readonly [key: PickleValue, value: PickleValue])[];

function stateDict(checkpoint: PickleValue): Entries {
  let entries = entriesOf(checkpoint);
  for (let level = 0; level < MAX_NESTING; level++) {
    const inner = entries?.filter(([key]) => key === "state_dict") ?? [];
    if (inner.length > 1) throw new Error("state_dict: given twice");
    if (inner[0] === undefined) break;
    entries = entriesOf(inner[0][1]);
  }
  if (entries === undefined) throw new Error("holds no dictionary of tensors");
  return entries;
}

/** The entries of a dictionary, ordered or not. Python 2 hands an OrderedDict its entries as a list of pairs. */
function entriesOf(value: PickleValue): Entries | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value.kind === "dict") return value.entries;
  if (value.kind !== "object" || value.callable.name !== ORDERED_DICT) return undefined;
  const [given] = value.args;
  const listed = given === undefined ? [] : itemsOf(given).map(pairOf);
  return [...listed, ...value.entries];
}

function pairOf(value: PickleValue): readonly [PickleValue, PickleValue] {
  const [key, item] = itemsOf(value);
  if (key === undefined || item === undefined)
    throw new Error("an OrderedDict of something other than pairs");
  return [key, item];
}

const REBUILD: ReadonlySet<string> = new Set([
  REBUILD_TENSOR_V2,
  REBUILD_TENSOR_V3,
  ...REBUILD_PARAMETERS,
  REBUILD_FROM_TYPE,
]);

const isTensor = (value: PickleValue): value is PickleObject =>
  typeof value === "object" && value !== null && value.kind === "object" && REBUILD.has(value.callable.name);

/** Unwraps parameters and tensors with attributes, to the tensor over a storage within. */
function describe({ callable, args, state }: PickleObject): Omit<DescribedTensor, "name"> {
  if (state !== undefined) throw new Error("a tensor with a state of its own");
  const [inner, , innerArgs] = args;
  if (REBUILD_PARAMETERS.has(callable.name)) {
    if (inner === undefined || !isTensor(inner) || REBUILD_PARAMETERS.has(inner.callable.name)) {
      throw new Error("a parameter without its tensor");
    }
    return describe(inner);
  }
  return callable.name === REBUILD_FROM_TYPE
    ? describeRebuilt(globalName(inner), itemsOf(innerArgs))
    : describeRebuilt(callable.name, args);
}

function describeRebuilt(
  rebuild: string | undefined,
  args: readonly PickleValue[],
): Omit<DescribedTensor, "name"> {
  const [storage, storageOffset, size, stride, , , metadata] = args;
  if (rebuild === REBUILD_TENSOR_V3)
    throw new Error(`elements of type ${globalName(metadata)} cannot be served`);
  if (rebuild !== REBUILD_TENSOR_V2) throw new Error("a tensor of a kind that is not read");
  // Torch keeps "negate" and "conjugate" there: the bytes would not be the values.
  if (metadata !== undefined && metadata !== null && (entriesOf(metadata)?.length ?? 1) > 0) {
    throw new Error("a tensor with metadata, which may change its values");
  }
  const { key, count, dtype } = describeStorage(storage);
  const shape = itemsOf(size).map(countOf);
  const strides = itemsOf(stride).map(countOf);
  if (shape.length > MAX_RANK) throw new Error(`${shape.length} axes, at most ${MAX_RANK} are read`);
  if (!isContiguous(shape, strides)) {
    throw new Error(
      `not contiguous: shape [${shape.join(", ")}] with strides [${strides.join(", ")}]. ` +
        "Save its state_dict with `.contiguous()` on every tensor",
    );
  }
  const storageBytes = count * ELEMENT_BYTES[dtype];
  return { dtype, shape, storage: key, storageBytes, storageOffset: countOf(storageOffset) };
}

/** `("storage", type, key, location, count)` */
function describeStorage(storage: PickleValue | undefined) {
  if (typeof storage !== "object" || storage?.kind !== "persistent") {
    throw new Error("a tensor without a storage");
  }
  const [tag, type, key, , count] = itemsOf(storage.id);
  if (tag !== "storage" || typeof key !== "string") throw new Error("a storage without its key");
  const dtype = STORAGE_TYPES.get(globalName(type) ?? "");
  if (dtype === undefined) throw new Error(`a storage of type ${globalName(type)}, which is not read`);
  return { key, dtype, count: countOf(count) };
}

const globalName = (value: PickleValue | undefined): string | undefined =>
  typeof value === "object" && value?.kind === "global" ? shownName(value.name) : undefined;

/** The items of a tuple or list, `torch.Size` being a tuple too. */
function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  const isSize =
    typeof value === "object" && value?.kind === "object" && value.callable.name === "torch.Size";
  const list = isSize ? value.args[0] : value;
  if (typeof list === "object" && (list?.kind === "tuple" || list?.kind === "list")) return list.items;
  throw new Error("a list is missing where a tensor is described");
}

function countOf(value: PickleValue | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new Error(`a size, stride or offset of ${typeof value === "number" ? value : kindOf(value)}`);
  }
  return value;
}

/** Row-major without gaps. The stride of an axis of length 1 says nothing, nor do those of an empty tensor. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.length !== strides.length) return false;
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

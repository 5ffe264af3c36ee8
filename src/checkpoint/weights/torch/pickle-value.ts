/**
 * @file What a pickle says, as plain data: what would be called when Python loads it is only named here.
 * Knows Python's containers; knows no class and no function.
 */

/** The name of something importable. */
export interface PickleGlobal {
  readonly kind: "global";
  /** `module.name` */
  readonly name: string;
}

export interface PickleList {
  readonly kind: "list";
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: "tuple";
  readonly items: readonly PickleValue[];
}

export interface PickleSet {
  readonly kind: "set";
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: "dict";
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** What `callable(*args)` would give, with what the pickle then puts into it. Nothing is called. */
export interface PickleObject {
  readonly kind: "object";
  readonly callable: PickleGlobal;
  readonly args: readonly PickleValue[];
  readonly items: PickleValue[];
  readonly entries: [key: PickleValue, value: PickleValue][];
  /** What would be handed to `__setstate__`. */
  state: PickleValue | undefined;
}

/** Something outside of the pickle that its surroundings know by `id`. */
export interface PicklePersistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
}

export interface PickleByteString {
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleByteString
  | PickleGlobal
  | PickleList
  | PickleTuple
  | PickleSet
  | PickleDict
  | PickleObject
  | PicklePersistent;

/** What kind of value it is, for messages. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (typeof value !== "object") return typeof value;
  return value.kind === "object" ? `a ${value.callable.name}` : value.kind;
}

/**
 * @file Reads a pickle of protocol 2 to 5 as data: imports nothing, calls nothing, builds no object of any class.
 * Knows the opcodes; which globals may be named is the caller's to say.
 * Reference: CPython `Lib/pickle.py` (`_Unpickler`) and the descriptions in `Lib/pickletools.py`.
 */
import { InpaintError } from "../../../errors/inpaint-error.js";
import { printable } from "../weights.js";
import { PickleOperands } from "./pickle-operands.js";
import {
  kindOf,
  type PickleGlobal,
  type PickleObject,
  type PickleTuple,
  type PickleValue,
} from "./pickle-value.js";

/** A Stable Diffusion checkpoint with optimizer states takes a few hundred thousand. Each makes one value at most. */
const MAX_OPERATIONS = 2_000_000;
/** Containers that are open at once. */
const MAX_DEPTH = 1000;
/** How much of a global's name a message shows. */
const SHOWN_CHARACTERS = 120;

/** Opcodes that only protocols 0 and 1 write, that run code by a number, or that need data from elsewhere. */
const REFUSED: Readonly<Record<number, string>> = {
  70: "FLOAT",
  73: "INT",
  76: "LONG",
  80: "PERSID",
  83: "STRING",
  86: "UNICODE",
  103: "GET",
  112: "PUT",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  151: "NEXT_BUFFER",
  152: "READONLY_BUFFER",
};

const PROTO = 0x80;
const STOP = 0x2e;
const [OLDEST_PROTOCOL, NEWEST_PROTOCOL] = [2, 5];

export interface PickleOptions {
  /** The file and the pickle in it, for messages. */
  readonly where: string;
  /** Whether `name`, "module.name", may stand in the pickle. */
  readonly isKnown: (name: string) => boolean;
}

/**
 * The value that `bytes` say. Throws INVALID_CHECKPOINT naming the byte at fault: for a global that is not known, an
 * opcode that is not read, and whatever does not fit together.
 */
export function readPickle(bytes: Buffer, { where, isKnown }: PickleOptions): PickleValue {
  const reader = new PickleReader(bytes, isKnown);
  try {
    return reader.read();
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${where}, byte ${reader.operationOffset}: ${printable(what)}`,
      {
        cause,
      },
    );
  }
}

class PickleReader {
  readonly #in: PickleOperands;
  readonly #isKnown: (name: string) => boolean;
  /** Values since the last mark; the lists below belong to the marks before. */
  #stack: PickleValue[] = [];
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  operationOffset = 0;

  constructor(bytes: Buffer, isKnown: (name: string) => boolean) {
    this.#in = new PickleOperands(bytes);
    this.#isKnown = isKnown;
  }

  read(): PickleValue {
    const [start, protocol] = [this.#in.uint8(), this.#in.uint8()];
    if (start !== PROTO || protocol < OLDEST_PROTOCOL || protocol > NEWEST_PROTOCOL) {
      throw new Error(`does not begin as a pickle of protocol ${OLDEST_PROTOCOL} to ${NEWEST_PROTOCOL}`);
    }
    for (let operations = 0; ; operations++) {
      this.operationOffset = this.#in.offset;
      if (operations === MAX_OPERATIONS) throw new Error(`more than ${MAX_OPERATIONS} operations`);
      const opcode = this.#in.uint8();
      if (opcode === STOP) break;
      this.#execute(opcode);
    }
    const value = this.#pop();
    if (this.#in.remaining > 0) throw new Error(`${this.#in.remaining} bytes after the end`);
    return value;
  }

  #execute(opcode: number): void {
    switch (opcode) {
      case 0x95: // FRAME: how far to read ahead, which says nothing here
        this.#in.uint64();
        return;
      case 0x28: // MARK
        if (this.#below.length === MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} open containers`);
        this.#below.push(this.#stack);
        this.#stack = [];
        return;
      case 0x30: // POP
        if (this.#stack.length > 0) this.#stack.pop();
        else this.#popToMark();
        return;
      case 0x31: // POP_MARK
        this.#popToMark();
        return;
      case 0x32: // DUP
        this.#push(this.#top());
        return;
      case 0x71: // BINPUT
        this.#memo.set(this.#in.uint8(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#in.uint32(), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        return;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        return;
      case 0x90: // ADDITEMS
        this.#addItems(this.#popToMark());
        return;
      case 0x73: {
        const [value, key] = [this.#pop(), this.#pop()]; // SETITEM
        this.#setItems([key, value]);
        return;
      }
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        return;
      case 0x62: // BUILD
        this.#build(this.#pop());
        return;
      default:
        this.#push(this.#value(opcode));
    }
  }

  /** The value that an opcode puts on the stack. */
  #value(opcode: number): PickleValue {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return this.#in.int32();
      case 0x4b: // BININT1
        return this.#in.uint8();
      case 0x4d: // BININT2
        return this.#in.uint16();
      case 0x8a: // LONG1
        return this.#in.integer(this.#in.uint8());
      case 0x8b: // LONG4
        return this.#in.integer(this.#in.uint32());
      case 0x47: // BINFLOAT
        return this.#in.float64();
      case 0x58: // BINUNICODE
        return this.#in.text(this.#in.uint32());
      case 0x8c: // SHORT_BINUNICODE
        return this.#in.text(this.#in.uint8());
      case 0x8d: // BINUNICODE8
        return this.#in.text(this.#in.uint64());
      case 0x54: // BINSTRING
        return this.#in.byteText(this.#in.uint32());
      case 0x55: // SHORT_BINSTRING
        return this.#in.byteText(this.#in.uint8());
      case 0x42: // BINBYTES
        return this.#in.bytes(this.#in.uint32());
      case 0x43: // SHORT_BINBYTES
        return this.#in.bytes(this.#in.uint8());
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#in.bytes(this.#in.uint64());
      case 0x5d: // EMPTY_LIST
        return { kind: "list", items: [] };
      case 0x6c: // LIST
        return { kind: "list", items: this.#popToMark() };
      case 0x7d: // EMPTY_DICT
        return { kind: "dict", entries: [] };
      case 0x64: // DICT
        return { kind: "dict", entries: pairs(this.#popToMark()) };
      case 0x8f: // EMPTY_SET
        return { kind: "set", items: [] };
      case 0x91: // FROZENSET
        return { kind: "set", items: this.#popToMark() };
      case 0x29: // EMPTY_TUPLE
        return { kind: "tuple", items: [] };
      case 0x74: // TUPLE
        return { kind: "tuple", items: this.#popToMark() };
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#shortTuple(opcode - 0x84);
      case 0x68: // BINGET
        return this.#recall(this.#in.uint8());
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#in.uint32());
      case 0x51: // BINPERSID
        return { kind: "persistent", id: this.#pop() };
      case 0x63: // GLOBAL
        return this.#global(this.#in.line(), this.#in.line());
      case 0x93: {
        const [name, module] = [this.#pop(), this.#pop()]; // STACK_GLOBAL
        return this.#global(module, name);
      }
      case 0x69: // INST
        return object(this.#global(this.#in.line(), this.#in.line()), this.#popToMark());
      case 0x6f: {
        const [callable, ...args] = this.#popToMark(); // OBJ
        return object(callable, args);
      }
      case 0x52: // REDUCE
      case 0x81: {
        const args = this.#popTuple(); // NEWOBJ
        return object(this.#pop(), args.items);
      }
      case 0x92: {
        this.#pop(); // NEWOBJ_EX. No tensor is built with keywords; a copy of args would cost its length each time
        const args = this.#popTuple();
        return object(this.#pop(), args.items);
      }
      default: {
        const hex = `0x${opcode.toString(16).padStart(2, "0")}`;
        throw new Error(`the opcode ${REFUSED[opcode] ?? hex} is not read`);
      }
    }
  }

  #global(module: PickleValue, attribute: PickleValue): PickleGlobal {
    if (typeof module !== "string" || typeof attribute !== "string") {
      throw new Error(`a global named by ${kindOf(module)} and ${kindOf(attribute)}`);
    }
    const name = `${module}.${attribute}`;
    if (!this.#isKnown(name)) {
      const shown = JSON.stringify(name.slice(0, SHOWN_CHARACTERS));
      throw new Error(`names the global ${shown}, which no checkpoint needs; nothing of the file was run`);
    }
    return { kind: "global", name };
  }

  #append(items: readonly PickleValue[]): void {
    const target = this.#top();
    if (!isOfKind(target, "list", "object")) throw new Error(`items are appended to ${kindOf(target)}`);
    for (const item of items) target.items.push(item);
  }

  #addItems(items: readonly PickleValue[]): void {
    const target = this.#top();
    if (!isOfKind(target, "set", "object")) throw new Error(`items are added to ${kindOf(target)}`);
    for (const item of items) target.items.push(item);
  }

  #setItems(keysAndValues: readonly PickleValue[]): void {
    const target = this.#top();
    if (!isOfKind(target, "dict", "object")) throw new Error(`keys are set in ${kindOf(target)}`);
    for (const entry of pairs(keysAndValues)) target.entries.push(entry);
  }

  #build(state: PickleValue): void {
    const target = this.#top();
    if (!isOfKind(target, "object")) throw new Error(`a state is given to ${kindOf(target)}`);
    target.state = state;
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Error(`nothing is remembered as ${index}`);
    return value;
  }

  #shortTuple(length: number): PickleTuple {
    if (this.#stack.length < length) throw new Error(`a tuple of ${length} without its items`);
    return { kind: "tuple", items: this.#stack.splice(-length) };
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new Error("the stack is empty");
    return value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popTuple(): PickleTuple {
    const value = this.#pop();
    if (!isOfKind(value, "tuple")) throw new Error(`arguments are ${kindOf(value)}, not a tuple`);
    return value;
  }

  #popToMark(): PickleValue[] {
    const below = this.#below.pop();
    if (below === undefined) throw new Error("there is no mark");
    const items = this.#stack;
    this.#stack = below;
    return items;
  }
}

function object(callable: PickleValue | undefined, args: readonly PickleValue[]): PickleObject {
  if (callable === undefined || !isOfKind(callable, "global")) {
    throw new Error(`calls ${kindOf(callable)}, which is no global`);
  }
  return { kind: "object", callable, args, items: [], entries: [], state: undefined };
}

function pairs(keysAndValues: readonly PickleValue[]): [PickleValue, PickleValue][] {
  const entries: [PickleValue, PickleValue][] = [];
  for (let i = 0; i < keysAndValues.length; i += 2) {
    const [key, value] = [keysAndValues[i], keysAndValues[i + 1]];
    if (key === undefined || value === undefined) throw new Error("a key without its value");
    entries.push([key, value]);
  }
  return entries;
}

type Container = Exclude<PickleValue, null | boolean | number | bigint | string>;

const isOfKind = <K extends Container["kind"]>(
  value: PickleValue,
  ...kinds: readonly K[]
): value is Extract<Container, { kind: K }> =>
  typeof value === "object" && value !== null && kinds.some((kind) => kind === value.kind);

/** @file Writes pickles for tests, opcode by opcode, by the names of CPython's pickletools. */

const byte = (value: number) => Buffer.from([value]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function opcode(code: string, ...operands: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(code, "latin1"), ...operands]);
}

export const PROTO = (version: number) => opcode("\x80", byte(version));
export const STOP = opcode(".");
export const MARK = opcode("(");
export const NONE = opcode("N");
export const NEWFALSE = opcode("\x89");
export const EMPTY_TUPLE = opcode(")");
export const EMPTY_LIST = opcode("]");
export const EMPTY_DICT = opcode("}");
export const TUPLE = opcode("t");
export const TUPLE1 = opcode("\x85");
export const TUPLE2 = opcode("\x86");
export const APPENDS = opcode("e");
export const SETITEMS = opcode("u");
export const REDUCE = opcode("R");
export const NEWOBJ = opcode("\x81");
export const BUILD = opcode("b");
export const OBJ = opcode("o");
export const POP = opcode("0");
export const DUP = opcode("2");
export const BINPERSID = opcode("Q");
export const STACK_GLOBAL = opcode("\x93");
export const GLOBAL = (module: string, name: string) => opcode("c", Buffer.from(`${module}\n${name}\n`));
export const INST = (module: string, name: string) => opcode("i", Buffer.from(`${module}\n${name}\n`));
export const BINPUT = (index: number) => opcode("q", byte(index));
export const BINGET = (index: number) => opcode("h", byte(index));
export const BININT1 = (value: number) => opcode("K", byte(value));
export const LONG1 = (bytes: readonly number[]) => opcode("\x8a", byte(bytes.length), Buffer.from(bytes));
export const RAW = (...bytes: readonly number[]) => Buffer.from(bytes);

export function BININT(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return opcode("J", bytes);
}

export function BINUNICODE(text: string): Buffer {
  const bytes = Buffer.from(text);
  return opcode("X", uint32(bytes.length), bytes);
}

/** Of protocol 2, from start to end. */
export const pickleOf = (...operations: readonly Uint8Array[]): Buffer =>
  Buffer.concat([PROTO(2), ...operations, STOP]);

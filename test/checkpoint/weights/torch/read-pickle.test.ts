/** @file Pickles as data: what each opcode says, and that every way to a call ends in the name of what would be called. */
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import type { PickleValue } from "../../../../src/checkpoint/weights/torch/pickle-value.js";
import { readPickle } from "../../../../src/checkpoint/weights/torch/read-pickle.js";
import { isKnownGlobal } from "../../../../src/checkpoint/weights/torch/torch-globals.js";
import * as p from "../../../support/pickle-writer.js";

const read = (bytes: Buffer) => readPickle(bytes, { where: "model.ckpt: data.pkl", isKnown: isKnownGlobal });

const tuple = (...items: readonly PickleValue[]): PickleValue => ({ kind: "tuple", items });

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

const VALUES: readonly (readonly [what: string, operations: Buffer, value: PickleValue])[] = [
  ["None, True, False", p.pickleOf(p.MARK, p.NONE, p.RAW(0x88, 0x89), p.TUPLE), tuple(null, true, false)],
  ["-2 as BININT", p.pickleOf(p.BININT(-2)), -2],
  ["65535 as BININT2", p.pickleOf(p.RAW(0x4d, 0xff, 0xff)), 65_535],
  ["0 as an empty LONG1", p.pickleOf(p.LONG1([])), 0],
  ["-1 as LONG1", p.pickleOf(p.LONG1([0xff])), -1],
  ["2^40 as LONG1", p.pickleOf(p.LONG1([0, 0, 0, 0, 0, 1])), 2 ** 40],
  ["2^64 − 1 as LONG1", p.pickleOf(p.LONG1([...Array<number>(8).fill(0xff), 0])), 2n ** 64n - 1n],
  ["1 as LONG4", p.pickleOf(p.RAW(0x8b, 1, 0, 0, 0, 1)), 1],
  ["0.5 as BINFLOAT", p.pickleOf(p.RAW(0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0)), 0.5],
  ["text beyond ASCII", p.pickleOf(p.BINUNICODE("é\n✓")), "é\n✓"],
  ["Python 2's str", p.pickleOf(p.RAW(0x55, 2, 0x41, 0xff)), "A\u00ff"],
  ["bytes", p.pickleOf(p.RAW(0x43, 1, 7)), { kind: "bytes", bytes: Buffer.from([7]) }],
  ["a set", p.pickleOf(p.RAW(0x8f), p.MARK, p.BININT1(1), p.RAW(0x90)), { kind: "set", items: [1] }],
  ["a frozen set", p.pickleOf(p.MARK, p.BININT1(1), p.RAW(0x91)), { kind: "set", items: [1] }],
  [
    "a list",
    p.pickleOf(p.EMPTY_LIST, p.MARK, p.BININT1(1), p.NONE, p.APPENDS),
    { kind: "list", items: [1, null] },
  ],
  ["DUP, POP and POP to a mark", p.pickleOf(p.BININT1(1), p.MARK, p.POP, p.DUP, p.TUPLE2), tuple(1, 1)],
  ["what is remembered", p.pickleOf(p.BININT1(9), p.BINPUT(3), p.POP, p.BINGET(3), p.RAW(0x85)), tuple(9)],
  [
    "frames and MEMOIZE",
    Buffer.concat([p.PROTO(4), p.RAW(0x95, 4, 0, 0, 0, 0, 0, 0, 0), bytesOf("4b05 94 6800 86"), p.STOP]),
    tuple(5, 5),
  ],
];

for (const [what, bytes, value] of VALUES) test(what, () => assert.deepEqual(read(bytes), value));

test("an object made again and again of one long list of arguments costs no copy of it", () => {
  const [arguments_, objects] = [20_000, 50_000];
  const remember = [p.GLOBAL("collections", "OrderedDict"), p.BINPUT(0), p.POP];
  const long = [p.MARK, Buffer.alloc(arguments_, p.NONE), p.TUPLE, p.BINPUT(1), p.POP];
  const NEWOBJ_EX = p.RAW(0x92);
  const make = Buffer.concat([p.BINGET(0), p.BINGET(1), p.NONE, NEWOBJ_EX]);
  // Copied each time, these would be 8 GB.
  const value = read(
    p.pickleOf(...remember, ...long, p.MARK, Buffer.alloc(objects * make.length, make), p.TUPLE),
  );
  assert.ok(typeof value === "object" && value?.kind === "tuple");
  assert.equal(value.items.length, objects);
});

const COMMAND = p.BINUNICODE("touch /tmp/a-checkpoint-was-here");
const CALLS: readonly (readonly [what: string, operations: readonly Buffer[], global: string])[] = [
  ["REDUCE", [p.GLOBAL("posix", "system"), COMMAND, p.TUPLE1, p.REDUCE], "posix.system"],
  ["REDUCE of os.system", [p.GLOBAL("os", "system"), COMMAND, p.TUPLE1, p.REDUCE], "os.system"],
  [
    "STACK_GLOBAL",
    [p.BINUNICODE("nt"), p.BINUNICODE("system"), p.STACK_GLOBAL, COMMAND, p.TUPLE1, p.REDUCE],
    "nt.system",
  ],
  ["INST", [p.MARK, COMMAND, p.INST("os", "system")], "os.system"],
  ["OBJ", [p.MARK, p.GLOBAL("subprocess", "Popen"), COMMAND, p.OBJ], "subprocess.Popen"],
  ["NEWOBJ", [p.GLOBAL("subprocess", "Popen"), COMMAND, p.TUPLE1, p.NEWOBJ], "subprocess.Popen"],
  [
    "BUILD of a module",
    [p.GLOBAL("builtins", "__import__"), COMMAND, p.TUPLE1, p.REDUCE, p.EMPTY_DICT, p.BUILD],
    "builtins.__import__",
  ],
  ["eval", [p.GLOBAL("__builtin__", "eval"), COMMAND, p.TUPLE1, p.REDUCE], "__builtin__.eval"],
  ["getattr", [p.GLOBAL("builtins", "getattr"), p.EMPTY_TUPLE, p.REDUCE], "builtins.getattr"],
  ["torch's own loader", [p.GLOBAL("torch.storage", "_load_from_bytes")], "torch.storage._load_from_bytes"],
  ["torch.load", [p.GLOBAL("torch", "load")], "torch.load"],
  [
    "what a known package imports",
    [p.GLOBAL("pytorch_lightning.os", "system os")],
    "pytorch_lightning.os.system os",
  ],
  ["a package with a known package's beginning", [p.GLOBAL("lightningx", "run")], "lightningx.run"],
  [
    "a known name with something before it",
    [p.GLOBAL("x.collections", "OrderedDict")],
    "x.collections.OrderedDict",
  ],
];

for (const [what, operations, global] of CALLS) {
  test(`a call by ${what} is refused by the name ${global}, with its byte`, async () => {
    const bytes = p.pickleOf(...operations);
    const [place] = /byte (\d+)/.exec(messageOf(bytes))?.slice(1) ?? [];
    assert.ok(messageOf(bytes).includes(`names the global "${global}"`), messageOf(bytes));
    assert.ok([0x63, 0x69, 0x93].includes(bytes[Number(place)] ?? 0), "the byte is that of the opcode");
    await assert.rejects(access("/tmp/a-checkpoint-was-here"), { code: "ENOENT" });
  });
}

function messageOf(bytes: Buffer): string {
  try {
    read(bytes);
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "InpaintError", String(error));
    return error.message;
  }
  return assert.fail("the pickle was read");
}

const BROKEN: readonly (readonly [what: string, bytes: Buffer, message: RegExp])[] = [
  ["an extension's code", p.pickleOf(p.RAW(0x82, 5)), /byte 2: the opcode EXT1 is not read/],
  ["text protocol 0 would evaluate", p.pickleOf(Buffer.from("S'a'\n")), /the opcode STRING is not read/],
  ["a persistent id as text", p.pickleOf(Buffer.from("P1\n")), /the opcode PERSID is not read/],
  ["a buffer from outside", p.pickleOf(p.RAW(0x97)), /the opcode NEXT_BUFFER is not read/],
  ["an unknown opcode", p.pickleOf(p.RAW(0xff)), /the opcode 0xff is not read/],
  ["protocol 0", Buffer.from("(dp0\n."), /does not begin as a pickle of protocol 2 to 5/],
  ["protocol 1", Buffer.concat([p.PROTO(1), p.NONE, p.STOP]), /does not begin/],
  ["protocol 6", Buffer.concat([p.PROTO(6), p.NONE, p.STOP]), /does not begin/],
  ["nothing", Buffer.alloc(0), /1 bytes are asked for, 0 are left/],
  ["no end", p.PROTO(2), /byte 2: 1 bytes are asked for, 0 are left/],
  ["an end without a value", p.pickleOf(), /the stack is empty/],
  ["bytes after the end", Buffer.concat([p.pickleOf(p.NONE), p.NONE]), /1 bytes after the end/],
  ["a text of 4 GB", p.pickleOf(p.RAW(0x58, 0xff, 0xff, 0xff, 0xff)), /4294967295 bytes are asked for/],
  [
    "a text of 2^63 bytes",
    p.pickleOf(p.RAW(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80)),
    /9223372036854776000 bytes are asked for/,
  ],
  ["an integer of 4 GB", p.pickleOf(p.RAW(0x8b, 0xff, 0xff, 0xff, 0xff)), /an integer of 4294967295 bytes/],
  ["broken UTF-8", p.pickleOf(p.RAW(0x58, 1, 0, 0, 0, 0xff)), /a text that is not UTF-8/],
  ["a mark that is missing", p.pickleOf(p.TUPLE), /there is no mark/],
  ["what was never remembered", p.pickleOf(p.BINGET(7)), /nothing is remembered as 7/],
  ["a call of a list", p.pickleOf(p.EMPTY_LIST, p.EMPTY_TUPLE, p.REDUCE), /calls list, which is no global/],
  [
    "a call of a call",
    p.pickleOf(p.GLOBAL("torch", "Size"), p.EMPTY_TUPLE, p.REDUCE, p.EMPTY_TUPLE, p.REDUCE),
    /calls a torch\.Size, which is no global/,
  ],
  [
    "arguments that are no tuple",
    p.pickleOf(p.GLOBAL("torch", "Size"), p.NONE, p.REDUCE),
    /arguments are None, not a tuple/,
  ],
  ["a state for a dictionary", p.pickleOf(p.EMPTY_DICT, p.EMPTY_DICT, p.BUILD), /a state is given to dict/],
  ["keys in a list", p.pickleOf(p.EMPTY_LIST, p.MARK, p.NONE, p.NONE, p.SETITEMS), /keys are set in list/],
  [
    "items in a dictionary",
    p.pickleOf(p.EMPTY_DICT, p.MARK, p.NONE, p.APPENDS),
    /items are appended to dict/,
  ],
  [
    "a key without its value",
    p.pickleOf(p.EMPTY_DICT, p.MARK, p.NONE, p.SETITEMS),
    /a key without its value/,
  ],
  [
    "a global named by numbers",
    p.pickleOf(p.NONE, p.BININT1(1), p.STACK_GLOBAL),
    /a global named by None and number/,
  ],
  ["a line without its end", p.pickleOf(Buffer.from("cos")), /a line without its end/],
  ["too many open containers", p.pickleOf(Buffer.alloc(1001, p.MARK)), /more than 1000 open containers/],
  ["too many operations", p.pickleOf(Buffer.alloc(2_000_001, p.NONE)), /more than 2000000 operations/],
];

for (const [what, bytes, message] of BROKEN) {
  test(`refuses ${what}`, () => {
    assert.match(messageOf(bytes), message);
    assert.ok(messageOf(bytes).startsWith("model.ckpt: data.pkl, byte "));
  });
}

test("a list within itself, and one that doubles thirty times, are read without being unfolded", () => {
  const itself = read(p.pickleOf(p.EMPTY_LIST, p.DUP, p.RAW(0x61)));
  assert.ok(typeof itself === "object" && itself?.kind === "list" && itself.items[0] === itself);
  read(p.pickleOf(p.NONE, ...Array<Buffer>(30).fill(Buffer.concat([p.DUP, p.TUPLE2]))));
});

test("any operations give a value or an InpaintError", () => {
  const operation = fc.oneof(
    fc.constantFrom(
      ...[p.MARK, p.NONE, p.EMPTY_TUPLE, p.EMPTY_LIST, p.EMPTY_DICT, p.TUPLE, p.TUPLE1, p.TUPLE2, p.APPENDS],
      ...[p.SETITEMS, p.REDUCE, p.NEWOBJ, p.BUILD, p.OBJ, p.POP, p.DUP, p.BINPERSID, p.STACK_GLOBAL],
      ...[p.GLOBAL("torch", "Size"), p.BINPUT(0), p.BINGET(0), p.BINUNICODE("torch"), p.BINUNICODE("Size")],
    ),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
      try {
        read(p.pickleOf(...operations));
      } catch (error) {
        assert.ok(error instanceof Error && error.name === "InpaintError", String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

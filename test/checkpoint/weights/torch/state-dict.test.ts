/** @file Which dictionary of a checkpoint is taken, and how tensors are wrapped in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readPickle } from "../../../../src/checkpoint/weights/torch/read-pickle.js";
import { describeTensors } from "../../../../src/checkpoint/weights/torch/state-dict.js";
import { isKnownGlobal } from "../../../../src/checkpoint/weights/torch/torch-globals.js";
import * as p from "../../../support/pickle-writer.js";
import { tensorOperations } from "../../../support/torch-writer.js";

const TENSOR = tensorOperations({
  storage: "HalfStorage",
  key: "7",
  count: 10,
  offset: 4,
  shape: [2, 3],
  strides: [3, 1],
});
const DESCRIBED = { dtype: "F16", shape: [2, 3], storage: "7", storageBytes: 20, storageOffset: 4 };

const describe = (...operations: readonly Buffer[]) =>
  describeTensors(readPickle(p.pickleOf(...operations), { where: "x", isKnown: isKnownGlobal }));

const dict = (...entries: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([
    p.EMPTY_DICT,
    p.MARK,
    ...entries.flatMap(([key, value]) => [p.BINUNICODE(key), value]),
    p.SETITEMS,
  ]);

const call = (module: string, name: string, ...args: readonly Buffer[]): Buffer =>
  Buffer.concat([p.GLOBAL(module, name), p.MARK, ...args, p.TUPLE, p.REDUCE]);

test("the state_dict is taken where there is one, however deep; else the top level", () => {
  const expected = [{ name: "w", ...DESCRIBED }];
  const inner = dict(["w", TENSOR]);
  const stray = ["stray", TENSOR] as const;
  assert.deepEqual(describe(inner), expected);
  assert.deepEqual(describe(dict(["state_dict", inner], stray)), expected);
  assert.deepEqual(describe(dict(["state_dict", dict(["state_dict", inner], stray)])), expected);
});

test("what is no tensor is passed over, and names keep their prefixes", () => {
  const names = describe(
    dict(["step", p.BININT1(3)], ["model_ema.w", TENSOR], ["deep", dict(["w", TENSOR])]),
  );
  assert.deepEqual(
    names.map(({ name }) => name),
    ["model_ema.w"],
  );
});

test("an OrderedDict as Python 2 wrote it: a list of pairs", () => {
  const pairs = [p.EMPTY_LIST, p.MARK, p.EMPTY_LIST, p.MARK, p.BINUNICODE("w"), TENSOR, p.APPENDS, p.APPENDS];
  const ordered = call("collections", "OrderedDict", ...pairs);
  assert.deepEqual(describe(ordered), [{ name: "w", ...DESCRIBED }]);
  const broken = call("collections", "OrderedDict", p.EMPTY_LIST, p.MARK, p.NONE, p.APPENDS);
  assert.throws(() => describe(broken), /a list is missing/);
});

test("a parameter is its tensor, and its size may be a torch.Size", () => {
  const parameter = call("torch._utils", "_rebuild_parameter", TENSOR, p.NEWFALSE, p.NONE);
  assert.deepEqual(describe(dict(["w", parameter])), [{ name: "w", ...DESCRIBED }]);
  const nested = call("torch._utils", "_rebuild_parameter", parameter, p.NEWFALSE, p.NONE);
  assert.throws(() => describe(dict(["w", nested])), /w: a parameter without its tensor/);
});

const STORAGE_OF = (type: Buffer, key: Buffer) =>
  Buffer.concat([
    p.MARK,
    p.BINUNICODE("storage"),
    type,
    key,
    p.BINUNICODE("cpu"),
    p.BININT1(6),
    p.TUPLE,
    p.BINPERSID,
  ]);
const FLOAT = p.GLOBAL("torch", "FloatStorage");
const SIZE = Buffer.concat([p.BININT1(6), p.TUPLE1]);
const STRIDE = Buffer.concat([p.BININT1(1), p.TUPLE1]);
const tensorOver = (storage: Buffer, size: Buffer = SIZE, ...rest: readonly Buffer[]) =>
  call(
    "torch._utils",
    "_rebuild_tensor_v2",
    storage,
    p.BININT1(0),
    size,
    STRIDE,
    p.NEWFALSE,
    p.NONE,
    ...rest,
  );

const BROKEN: readonly (readonly [what: string, operations: Buffer, message: RegExp])[] = [
  ["no dictionary", p.NONE, /^holds no dictionary of tensors$/],
  ["a state_dict that is none", dict(["state_dict", p.NONE]), /^holds no dictionary of tensors$/],
  ["a dictionary without tensors", dict(["epoch", p.BININT1(1)]), /holds no state_dict: its keys are epoch$/],
  ["an empty dictionary", p.EMPTY_DICT, /its keys are none$/],
  [
    "state_dict twice",
    dict(["state_dict", p.EMPTY_DICT], ["state_dict", p.EMPTY_DICT]),
    /state_dict: given twice/,
  ],
  [
    "a tensor with a number for its name",
    Buffer.concat([p.EMPTY_DICT, p.MARK, p.BININT1(1), TENSOR, p.SETITEMS]),
    /a tensor whose name is not a text/,
  ],
  ["a tensor over nothing", dict(["w", tensorOver(p.NONE)]), /w: a tensor without a storage/],
  [
    "a storage of no type",
    dict(["w", tensorOver(STORAGE_OF(p.NONE, p.BINUNICODE("0")))]),
    /w: a storage of type undefined/,
  ],
  [
    "a storage of bytes",
    dict(["w", tensorOver(STORAGE_OF(p.GLOBAL("torch.storage", "UntypedStorage"), p.BINUNICODE("0")))]),
    /w: a storage of type torch\.storage\.UntypedStorage/,
  ],
  [
    "a storage without a key",
    dict(["w", tensorOver(STORAGE_OF(FLOAT, p.BININT1(0)))]),
    /w: a storage without its key/,
  ],
  [
    "a size that is no list",
    dict(["w", tensorOver(STORAGE_OF(FLOAT, p.BINUNICODE("0")), p.NONE)]),
    /w: a list is missing/,
  ],
  [
    "a size of texts",
    dict([
      "w",
      tensorOver(STORAGE_OF(FLOAT, p.BINUNICODE("0")), Buffer.concat([p.BINUNICODE("6"), p.TUPLE1])),
    ]),
    /w: a size, stride or offset of string/,
  ],
  [
    "metadata",
    dict(["w", tensorOver(STORAGE_OF(FLOAT, p.BINUNICODE("0")), SIZE, dict(["neg", p.NEWFALSE]))]),
    /w: a tensor with metadata/,
  ],
  [
    "a state of its own",
    dict(["w", Buffer.concat([TENSOR, p.EMPTY_DICT, p.BUILD])]),
    /w: a tensor with a state of its own/,
  ],
  [
    "a call within a call",
    dict([
      "w",
      call("torch._tensor", "_rebuild_from_type_v2", p.GLOBAL("torch", "Size"), p.NONE, p.EMPTY_TUPLE),
    ]),
    /w: a tensor of a kind that is not read/,
  ],
];

for (const [what, operations, message] of BROKEN) {
  test(`refuses ${what}`, () =>
    assert.throws(
      () => describe(operations),
      (error: Error) => message.test(error.message),
    ));
}

test("a size given as torch.Size", () => {
  const size = call("torch", "Size", SIZE);
  const [described] = describe(dict(["w", tensorOver(STORAGE_OF(FLOAT, p.BINUNICODE("0")), size)]));
  assert.deepEqual(described?.shape, [6]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { float16Bits } from "../../../models/evaluation/float16-bits.js";

test("bits as numpy.float16 has them", () => {
  const known: readonly (readonly [number, number])[] = [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.1, 0x2e66],
    [65_504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -26, 0],
    // halfway between two: to the even one
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    // up to the next power of two
    [1.9999, 0x4000],
    [2 ** -14 - 2 ** -26, 0x0400],
  ];
  for (const [value, bits] of known)
    assert.equal(float16Bits(value).toString(16), bits.toString(16), `${value}`);
});

test("what no half holds is refused", () => {
  for (const value of [65_520, Number.POSITIVE_INFINITY, Number.NaN])
    assert.throws(() => float16Bits(value), /no finite half/);
});

/** @file What the GPU check is asked for, by argument and by environment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "./arguments.js";

test("without arguments everything is checked on cuda, up to 16 rows", () => {
  assert.deepEqual(parseArguments([], {}), {
    provider: "cuda",
    batches: [1, 2, 4, 8, 16],
    skipFullSize: false,
    emulateFloat16: false,
  });
});

test("--provider wins over EXECUTION_PROVIDER", () => {
  assert.equal(parseArguments([], { EXECUTION_PROVIDER: "webgpu" }).provider, "webgpu");
  const asked = parseArguments(["--provider", "tensorrt"], { EXECUTION_PROVIDER: "webgpu" });
  assert.equal(asked.provider, "tensorrt");
});

test("every argument arrives", () => {
  const argv = [
    "--provider",
    "cpu",
    "--emulate-float16",
    "--checkpoint",
    "m",
    "--batches",
    "2,6",
    "--out",
    "f",
  ];
  assert.deepEqual(parseArguments(argv, {}), {
    provider: "cpu",
    batches: [2, 6],
    skipFullSize: false,
    emulateFloat16: true,
    checkpoint: "m",
    out: "f",
  });
});

for (const [argv, message] of [
  [["--provider", "auto"], /--provider auto: not one of cpu, cuda/],
  [["--batches", "1,"], /--batches 1,: "" is not a number of rows/],
  [["--batches", "0"], /"0" is not a number of rows/],
  [["--batches", "257"], /1 to 256/],
  [["--batches", "1e1"], /"1e1"/],
  [["--emulate-float16"], /--emulate-float16: cuda rounds by itself/],
  [["--skip-full-size", "--checkpoint", "m"], /--skip-full-size times nothing/],
  [["--batch", "1"], /--batch/],
  [["folder"], /folder/],
] as const) {
  test(`${argv.join(" ")} is refused`, () => {
    assert.throws(() => parseArguments(argv, {}), message);
  });
}

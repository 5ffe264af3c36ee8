/** @file Rows of several jobs in one UNet call: who gets which answer, padding, and too little memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnetCall } from "../../../src/diffusion/denoising.js";
import type { Networks } from "../../../src/diffusion/networks.js";
import { UnetTick } from "../../../src/engine/worker/unet-tick.js";
import { InpaintError } from "../../../src/errors/inpaint-error.js";
import { tensor } from "../../../src/tensor/tensor.js";

/** A "UNet" whose answer tells which row it was asked for, at which timestep and with which prompt. */
class Rows implements Pick<Networks, "predictNoise"> {
  readonly sizes: number[] = [];
  #memoryRows: number;
  /** Rows that there will be memory for once room is made. */
  #hiddenRows: number;

  constructor(memoryRows = Number.POSITIVE_INFINITY, hiddenRows = 0) {
    this.#memoryRows = memoryRows;
    this.#hiddenRows = hiddenRows;
  }

  async makeRoom(): Promise<void> {
    this.#memoryRows += this.#hiddenRows;
    this.#hiddenRows = 0;
  }

  async predictNoise(
    ...[{ shape, data }, timesteps, states]: Parameters<Networks["predictNoise"]>
  ): ReturnType<Networks["predictNoise"]> {
    const [rows = 0, channels = 0, height = 0, width = 0] = shape;
    this.sizes.push(rows);
    if (rows > this.#memoryRows) throw new InpaintError("OUT_OF_MEMORY", `${rows} rows are too many`);
    const out = new Float32Array(rows * 4 * height * width);
    for (let row = 0; row < rows; row++) {
      const value =
        (data[row * channels * height * width] ?? 0) +
        1000 * (timesteps[row] ?? 0) +
        0.25 * (states.data[(row * states.data.length) / rows] ?? 0);
      out.fill(value, row * 4 * height * width, (row + 1) * 4 * height * width);
    }
    return tensor([rows, 4, height, width], out);
  }
}

const SHAPE = [2, 3];

function call(first: number, rows: 1 | 2): UnetCall {
  const plane = 9 * 2 * 3;
  const input = new Float32Array(rows * plane).map((_, i) => first + Math.floor(i / plane));
  return {
    input: tensor([rows, 9, ...SHAPE], input),
    timesteps: new Float32Array(rows).fill(first),
    promptEmbeds: tensor([rows, 77, 2], new Float32Array(rows * 154).fill(first)),
  };
}

const CALLS = [call(1, 2), call(10, 1), call(20, 2)];
const expected = (first: number, rows: number) =>
  Array.from({ length: rows }, (_, row) => first + row + 1000 * first + 0.25 * first);

async function answers(networks: Rows, rowCounts: readonly number[] = []) {
  const shrunk: number[] = [];
  const tick = new UnetTick(networks, {
    rowCounts,
    onShrink: (rows) => shrunk.push(rows),
    makeRoom: () => networks.makeRoom(),
  });
  const predicted = await tick.run(CALLS);
  return { tick, shrunk, predicted };
}

function assertRight(predicted: Awaited<ReturnType<UnetTick["run"]>>): void {
  assert.deepEqual(
    predicted.map(({ shape }) => shape),
    [
      [2, 4, ...SHAPE],
      [1, 4, ...SHAPE],
      [2, 4, ...SHAPE],
    ],
  );
  const firstOfRows = predicted.map(({ data, shape: [rows = 0] }) =>
    Array.from({ length: rows }, (_, row) => data[(row * data.length) / rows]),
  );
  assert.deepEqual(firstOfRows, [expected(1, 2), expected(10, 1), expected(20, 2)]);
}

test("calls after one another share memory, and each is answered by its own rows", async () => {
  const { tick, predicted } = await answers(new Rows());
  assertRight(predicted);
  assertRight(await tick.run(CALLS)); // the same prompts
  const [first, second, third] = CALLS;
  const reordered = await tick.run([third, second, first].filter((call) => call !== undefined));
  assertRight([...reordered].reverse()); // as many rows, other prompts
  assertRight(predicted); // what was answered before is nobody else's memory
});

test("every job gets the answers to its own rows, from one run", async () => {
  const networks = new Rows();
  assertRight((await answers(networks)).predicted);
  assert.deepEqual(networks.sizes, [5]);
});

test("rows are filled up to the next number that the device is tuned for, and the filling is dropped", async () => {
  const networks = new Rows();
  assertRight((await answers(networks, [1, 2, 4, 8])).predicted);
  assert.deepEqual(networks.sizes, [8]);
});

test("more rows than the largest number are several runs, each of it", async () => {
  const networks = new Rows();
  assertRight((await answers(networks, [2])).predicted);
  assert.deepEqual(networks.sizes, [2, 2, 2]);
});

test("out of memory: half as many rows, until they fit, and no more than that afterwards", async () => {
  const networks = new Rows(2);
  const { tick, shrunk, predicted } = await answers(networks);
  assertRight(predicted);
  assert.deepEqual(networks.sizes, [5, 5, 2, 2, 1]);
  assert.deepEqual(shrunk, [2]);
  networks.sizes.length = 0;
  assertRight(await tick.run(CALLS));
  assert.deepEqual(networks.sizes, [2, 2, 1]);
});

test("of the numbers of rows that a device is tuned for, the largest that fits is taken", async () => {
  const networks = new Rows(3);
  const { tick, shrunk, predicted } = await answers(networks, [1, 2, 3, 6]);
  assertRight(predicted);
  assert.deepEqual(networks.sizes, [6, 6, 3, 2]);
  assert.deepEqual(shrunk, [3]);
  assert.equal(tick.rowsComputed(5, [9, ...SHAPE]), 5);
  assert.equal(tick.rowsComputed(5, [9, 7, 7]), 6, "of another shape nothing is known");
});

test("where every run has one number of rows, a smaller one is fixed", async () => {
  const networks = new Rows(3);
  const { tick, shrunk, predicted } = await answers(networks, [8]);
  assertRight(predicted);
  assert.deepEqual(networks.sizes, [8, 8, 4, 2, 2, 2]);
  assert.deepEqual(shrunk, [4, 2]);
  assert.equal(tick.rowsComputed(5, [9, ...SHAPE]), 6);
  assert.equal(tick.rowsComputed(1, [9, 7, 7]), 8);
});

test("room is made before a run is tried again, even one of a single row", async () => {
  const networks = new Rows(2, 3);
  const { shrunk, predicted } = await answers(networks);
  assertRight(predicted);
  assert.deepEqual(networks.sizes, [5, 5]);
  assert.deepEqual(shrunk, []);
  const single = new Rows(0, 1);
  const [, second] = CALLS;
  const tick = new UnetTick(single, {
    rowCounts: [],
    onShrink: () => assert.fail("there is nothing smaller"),
    makeRoom: () => single.makeRoom(),
  });
  assert.ok(second !== undefined);
  assert.equal((await tick.run([second])).length, 1);
  assert.deepEqual(single.sizes, [1, 1]);
});

test("out of memory for a single row is an error", async () => {
  await assert.rejects(answers(new Rows(0)), { code: "OUT_OF_MEMORY" });
});

test("any other failure is not tried again", async () => {
  const tick = new UnetTick(
    { predictNoise: () => Promise.reject(new Error("broken")) },
    {
      rowCounts: [],
      onShrink: () => assert.fail("not for want of memory"),
      makeRoom: () => assert.fail("not for want of memory"),
    },
  );
  await assert.rejects(tick.run(CALLS), /broken/);
});

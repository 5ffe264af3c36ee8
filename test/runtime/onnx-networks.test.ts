/** @file The four networks on the CPU against diffusers and transformers (test/scripts/goldens/networks.py). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import { assertAllClose } from "../support/all-close.js";
import { readGoldenTensor } from "../support/golden.js";
import { NETWORK_GOLDENS, NETWORK_TOLERANCE } from "../support/network-goldens.js";
import { randomCheckpointPath } from "../support/paths.js";

const networks = await OnnxNetworks.open(await openCheckpoint({ modelDir: randomCheckpointPath }), {
  threads: 2,
});
after(() => networks.release());

for (const golden of NETWORK_GOLDENS) {
  test(`${golden.label} equals the reference`, async (t) => {
    const actual = await golden.run(networks);
    assert.deepEqual(actual.shape, golden.expected.shape);
    assertAllClose(t, golden.label, actual.data, golden.expected.data, { relative: NETWORK_TOLERANCE });
  });
}

const row = <L extends string>(all: Tensor<L>, index: number): Tensor<L> => {
  const size = elementCount(all.shape.slice(1));
  return tensor([1, ...all.shape.slice(1)], all.data.slice(index * size, (index + 1) * size));
};

const stack = <L extends string>(rows: readonly Tensor<L>[]): Tensor<L> => {
  const [first] = rows;
  assert.ok(first);
  return tensor(
    [rows.length, ...first.shape.slice(1)],
    Float32Array.from(rows.flatMap(({ data }) => [...data])),
  );
};

for (const threads of [1, 2, 4]) {
  test(`on ${threads} threads a row of the UNet has the same bytes alone, beside others, and at every place`, async (t) => {
    const networks = await OnnxNetworks.open(await openCheckpoint({ modelDir: randomCheckpointPath }), {
      threads,
    });
    t.after(() => networks.release());
    const samples = readGoldenTensor<"B,9,h,w">("networks/unet-two-timesteps-sample.npy");
    const states = readGoldenTensor<"B,77,d">("networks/text-states.npy");
    const rows = [0, 1].flatMap((sample) =>
      [0, 1].map((text) => ({
        sample: row(samples, sample),
        states: row(states, text),
        timestep: 981 - 320 * sample,
      })),
    );
    const predict = async (places: readonly number[]) => {
      const chosen = places.map((place) => rows[place]).filter((entry) => entry !== undefined);
      const predicted = await networks.predictNoise(
        stack(chosen.map(({ sample }) => sample)),
        Float32Array.from(chosen, ({ timestep }) => timestep),
        stack(chosen.map(({ states }) => states)),
      );
      return places.map((_, index) => row(predicted, index).data);
    };
    const alone: (Float32Array | undefined)[] = [];
    for (const place of rows.keys()) alone.push((await predict([place]))[0]);
    for (const places of [
      [0, 1],
      [2, 0],
      [1, 2, 3],
      [3, 2, 1, 0],
      [0, 0, 3, 0, 0, 1, 2, 3],
    ]) {
      assert.deepEqual(
        await predict(places),
        places.map((place) => alone[place]),
      );
    }
  });
}

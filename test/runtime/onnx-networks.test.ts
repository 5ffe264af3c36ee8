/** @file The four networks on the CPU against diffusers and transformers (test/scripts/goldens/networks.py). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import { assertAllClose } from "../support/all-close.js";
import { readGoldenTensor } from "../support/golden.js";
import { NETWORK_GOLDENS, NETWORK_TOLERANCE } from "../support/network-goldens.js";
import { modelPath } from "../support/paths.js";

const networks = await OnnxNetworks.open(await openCheckpoint({ modelDir: modelPath }), { threads: 2 });
after(() => networks.release());

for (const golden of NETWORK_GOLDENS) {
  test(`${golden.label} equals the reference`, async (t) => {
    const actual = await golden.run(networks);
    assert.deepEqual(actual.shape, golden.expected.shape);
    assertAllClose(t, golden.label, actual.data, golden.expected.data, { relative: NETWORK_TOLERANCE });
  });
}

// With more threads the runtime splits small convolutions otherwise for one row than for two, and rounds otherwise.
test("on one thread a row of the UNet has the same bytes alone and beside another timestep", async (t) => {
  const networks = await OnnxNetworks.open(await openCheckpoint({ modelDir: modelPath }), { threads: 1 });
  t.after(() => networks.release());
  const sample = readGoldenTensor<"B,9,h,w">("networks/unet-two-timesteps-sample.npy");
  const states = readGoldenTensor<"B,77,d">("networks/text-states.npy");
  const timesteps = [981, 21];
  const row = <L extends string>(all: Tensor<L>, index: number): Tensor<L> => {
    const size = elementCount(all.shape.slice(1));
    return tensor([1, ...all.shape.slice(1)], all.data.slice(index * size, (index + 1) * size));
  };
  const both = {
    ...states,
    shape: [2, ...states.shape.slice(1)],
    data: states.data.slice(0, (2 * states.data.length) / 3),
  };
  const together = await networks.predictNoise(sample, Float32Array.from(timesteps), both);
  for (const [index, timestep] of timesteps.entries()) {
    const alone = await networks.predictNoise(
      row(sample, index),
      Float32Array.of(timestep),
      row(states, index),
    );
    assert.deepEqual(row(together, index).data, alone.data);
  }
});

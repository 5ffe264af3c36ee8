/**
 * @file float16 graphs against the float32 reference, every value rounded to the type that the graph gives it. The
 * random checkpoint's activations are as large as a trained network's; what overflows is in test/networks/attention.test.ts.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { buildNetworks } from "../../src/networks/build-networks.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { assertAllClose } from "../support/all-close.js";
import { storedAsTyped } from "../support/float16-storage.js";
import { NETWORK_GOLDENS } from "../support/network-goldens.js";
import { randomCheckpointPath } from "../support/paths.js";

const TOLERANCE = 1e-2;

const checkpoint = await openCheckpoint({ modelDir: randomCheckpointPath });
const graphs = buildNetworks(checkpoint, { precision: "float16" });
const networks = await OnnxNetworks.openGraphs(
  {
    textEncoder: storedAsTyped(graphs.textEncoder),
    unet: storedAsTyped(graphs.unet),
    vaeEncoder: storedAsTyped(graphs.vaeEncoder),
    vaeDecoder: storedAsTyped(graphs.vaeDecoder),
  },
  checkpoint,
  { threads: 1 },
);
after(() => networks.release());

for (const golden of NETWORK_GOLDENS) {
  test(`${golden.label} in float16 is the reference's to 1e-2`, async (t) => {
    const actual = await golden.run(networks);
    assert.deepEqual(actual.shape, golden.expected.shape);
    assertAllClose(t, golden.label, actual.data, golden.expected.data, { relative: TOLERANCE });
  });
}

test("a float16 graph has float32 inputs and outputs, and is not computed in float32", async () => {
  for (const graph of Object.values(graphs)) {
    const types = new Set([...graph.inputs, ...graph.outputs].map(({ type }) => type));
    types.delete("int32"); // token ids
    assert.deepEqual([...types], ["float32"], graph.name);
  }
  for (const golden of NETWORK_GOLDENS) {
    const { data } = await golden.run(networks);
    const most = Math.max(...golden.expected.data.map(Math.abs));
    const error =
      Math.max(...data.map((value, i) => Math.abs(value - (golden.expected.data[i] ?? 0)))) / most;
    assert.ok(error > 1e-4, `${golden.label}: ${error} is closer than float16's 11 bits allow`);
  }
});

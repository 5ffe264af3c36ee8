/**
 * @file The provider asked for is the one that runs, or an error. On a machine without a GPU the errors are what can be
 * shown; on one with a GPU, that the provider runs.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseProvider } from "../../src/runtime/choose-provider.js";
import { type ExecutionProvider, GraphSession } from "../../src/runtime/graph-session.js";
import { PROBE_SHAPE, probeGraph } from "../../src/runtime/probe-graph.js";
import { loadTestModel } from "../support/test-model.js";

const options = { weightsDirectory: ".", threads: 1 } as const;
const x = { shape: PROBE_SHAPE, data: new Float32Array(256).map((_, i) => Math.cos(i * 0.7)) };

test("the CPU is there, and is what auto falls back to", async () => {
  assert.deepEqual(await chooseProvider("cpu"), { executionProvider: "cpu", passedOver: [] });
  const { executionProvider } = await chooseProvider("auto");
  assert.ok(executionProvider === "cpu" || executionProvider === "cuda");
});

for (const provider of ["cuda", "webgpu", "tensorrt"] satisfies ExecutionProvider[]) {
  test(`${provider} runs, or is an error that says what to install, and no silent CPU`, async () => {
    const outcome = await chooseProvider(provider).catch((error: Error & { code?: string }) => error);
    if (outcome instanceof Error) {
      assert.equal(outcome.code, "PROVIDER_UNAVAILABLE");
      assert.match(
        outcome.message,
        new RegExp(`^execution provider ${provider} does not work here: it needs `),
      );
      assert.match(outcome.message, /ONNX Runtime says: /);
    } else {
      assert.equal(outcome.executionProvider, provider);
    }
  });
}

test("a session that may not fall back to the CPU does not", async () => {
  const opened = GraphSession.open(probeGraph("float32"), { ...options, providerOnly: true });
  await assert.rejects(opened, /assigned to the default CPU EP, but fallback to CPU EP has been .* disabled/);
});

test("the probe computes the same in both precisions, and something", async (t) => {
  const outputs = [];
  for (const precision of ["float32", "float16"] as const) {
    const session = await GraphSession.open(probeGraph(precision), options);
    t.after(() => session.release());
    outputs.push((await session.run({ x })).data);
  }
  const [full = new Float32Array(), half = new Float32Array()] = outputs;
  const most = Math.max(...full.map(Math.abs));
  const worst = Math.max(...full.map((value, i) => Math.abs(value - (half[i] ?? Number.NaN))));
  assert.ok(most > 0.1 && most < 100, `the largest value is ${most}`);
  assert.ok(worst < 1e-2 * most, `${worst} of ${most}`);
  assert.ok(new Set(full).size > 50, "each of the 2×2 pixels before the enlargement has its own values");
});

test("a loaded model tells what computes it", async (t) => {
  const model = await loadTestModel();
  t.after(() => model.release());
  assert.equal(model.info.executionProvider, "cpu");
  assert.equal(model.info.precision, "float32");
});

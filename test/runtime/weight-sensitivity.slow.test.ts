/**
 * @file Proof that the network goldens can fail: scaling any one tensor of a checkpoint by 1.01 breaks one of them.
 * The exceptions are the biases of attention keys: they shift all scores of a query alike, which softmax undoes.
 */
import assert from "node:assert/strict";
import { cp, type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import type { StoredTensor } from "../../src/checkpoint/weights/weights.js";
import type { Networks } from "../../src/diffusion/networks.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { NETWORK_GOLDENS, NETWORK_TOLERANCE, type NetworkGolden } from "../support/network-goldens.js";
import { randomCheckpointPath } from "../support/paths.js";

const SCALE = 1.01;
const WITHOUT_EFFECT = /\.(k_proj|to_k)\.bias$/;

const folder = await mkdtemp(join(tmpdir(), "sensitivity-"));
after(() => rm(folder, { recursive: true }));
await cp(randomCheckpointPath, folder, { recursive: true });
const checkpoint = await openCheckpoint({ modelDir: folder });

const components = [
  { name: "text_encoder", weights: checkpoint.textEncoder.weights },
  { name: "unet", weights: checkpoint.unet.weights },
  { name: "vae", weights: checkpoint.vae.weights },
] as const;

/** Tensor by component and name → the largest relative error of the component's goldens while it is scaled. */
const errors = new Map(components.map(({ name }) => [name, new Map<string, number>()]));

// The components' goldens do not depend on each other, so one tensor of each is scaled at a time.
before(async () => {
  const files = await Promise.all(components.map(({ weights }) => open(weights.path, "r+")));
  after(() => Promise.all(files.map((file) => file.close())));
  const rounds = Math.max(...components.map(({ weights }) => weights.tensors.size));
  for (let round = 0; round < rounds; round++) {
    const scaled = components.flatMap(({ name, weights }, i) => {
      const tensor = [...weights.tensors.values()][round];
      const file = files[i];
      return tensor === undefined || file === undefined ? [] : [{ name, tensor, file }];
    });
    const restore = await Promise.all(scaled.map(({ file, tensor }) => scale(file, tensor)));
    const networks = await OnnxNetworks.open(checkpoint, { threads: 2 });
    for (const { name, tensor } of scaled) {
      const goldens = NETWORK_GOLDENS.filter(({ component }) => component === name);
      errors.get(name)?.set(tensor.name, await largestError(goldens, networks));
    }
    await networks.release();
    for (const undo of restore) await undo();
  }
});

for (const { name, weights } of components) {
  test(`${name}: a golden fails for each tensor scaled by ${SCALE}`, (t) => {
    const found = [...(errors.get(name) ?? [])];
    const unnoticed = found.filter(([, error]) => error <= NETWORK_TOLERANCE);
    const noticed = found.filter(([, error]) => error > NETWORK_TOLERANCE);
    const [least] = noticed.sort(([, a], [, b]) => a - b);
    t.diagnostic(
      `${noticed.length} of ${weights.tensors.size} tensors noticed, the least by ${least?.[1].toExponential(1)}: ${least?.[0]}`,
    );
    assert.equal(found.length, weights.tensors.size);
    assert.deepEqual(
      unnoticed.map(([tensor]) => tensor).sort(),
      [...weights.tensors.keys()].filter((tensor) => WITHOUT_EFFECT.test(tensor)).sort(),
    );
  });
}

/** Multiplies a float32 tensor in its file; the result puts it back. */
async function scale(file: FileHandle, { offset, length }: StoredTensor): Promise<() => Promise<unknown>> {
  const original = new Uint8Array(length);
  await file.read(original, 0, length, offset);
  const scaled = new Float32Array(original.slice().buffer).map((value) => value * SCALE);
  await file.write(new Uint8Array(scaled.buffer), 0, length, offset);
  return () => file.write(original, 0, length, offset);
}

/** max|a − b| / max|b| of the golden that is furthest off. */
async function largestError(goldens: readonly NetworkGolden[], networks: Networks): Promise<number> {
  let worst = 0;
  for (const { run, expected } of goldens) {
    const actual = await run(networks);
    let error = 0;
    let largest = 0;
    for (const [i, value] of expected.data.entries()) {
      error = Math.max(error, Math.abs((actual.data[i] ?? Number.NaN) - value));
      largest = Math.max(largest, Math.abs(value));
    }
    worst = Math.max(worst, error / largest);
  }
  return worst;
}

/** @file What each worker is told of what the engine was told. */
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { modelOptions, workerEnvironments } from "../../src/engine/engine-options.js";

const devicesOf = (workerCount: number, cudaVisibleDevices: string) =>
  workerEnvironments({ workerCount, cudaVisibleDevices, environment: { HOME: "/h" } }).map(
    ({ HOME, CUDA_VISIBLE_DEVICES }) => [HOME, CUDA_VISIBLE_DEVICES],
  );

test("there is a worker for each device, and each sees its own", () => {
  assert.deepEqual(devicesOf(0, "0, 2,GPU-8f"), [
    ["/h", "0"],
    ["/h", "2"],
    ["/h", "GPU-8f"],
  ]);
});

test("more workers than devices share them in turn; fewer leave some", () => {
  assert.deepEqual(
    devicesOf(3, "0,1").map(([, device]) => device),
    ["0", "1", "0"],
  );
  assert.deepEqual(
    devicesOf(1, "3,1").map(([, device]) => device),
    ["3"],
  );
});

test("without devices the environment is passed on as it is, to one worker unless more are asked for", () => {
  assert.deepEqual(devicesOf(0, ""), [["/h", undefined]]);
  assert.deepEqual(devicesOf(2, " , "), [
    ["/h", undefined],
    ["/h", undefined],
  ]);
  const environment = { CUDA_VISIBLE_DEVICES: "" };
  assert.deepEqual(workerEnvironments({ workerCount: 1, cudaVisibleDevices: "", environment }), [
    environment,
  ]);
});

const SETTINGS = {
  modelDir: "/m",
  variant: "",
  tokenizerDir: undefined,
  predictionType: "",
  executionProvider: "auto",
  workerThreads: 0,
  maxBatch: 4,
  deterministic: false,
  promptCacheBytes: 1,
  latentCacheBytes: 2,
  defaultSteps: 20,
  defaultScheduler: "",
} as const;

test("what is empty is absent, and the rest arrives", () => {
  assert.deepEqual(modelOptions({ ...SETTINGS, workerThreads: 3 }, 2), {
    modelDir: "/m",
    executionProvider: "auto",
    threads: 3,
    maxBatch: 4,
    deterministic: false,
    promptCacheBytes: 1,
    latentCacheBytes: 2,
    defaultSchedule: { numInferenceSteps: 20, strength: 1, eta: 0 },
  });
  const { variant, tokenizerDir, predictionType, defaultSchedule } = modelOptions({
    ...SETTINGS,
    variant: "fp16",
    tokenizerDir: "/t",
    predictionType: "v_prediction",
    defaultScheduler: "DDIM",
  });
  assert.deepEqual([variant, tokenizerDir, predictionType], ["fp16", "/t", "v_prediction"]);
  assert.equal(defaultSchedule.scheduler, "DDIM");
});

test("cores are divided among the workers, and none is left without a thread", () => {
  assert.equal(modelOptions(SETTINGS).threads, availableParallelism());
  assert.equal(modelOptions(SETTINGS, 10_000).threads, 1);
});

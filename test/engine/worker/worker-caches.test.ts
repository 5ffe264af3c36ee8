/** @file What a worker tells of its caches: what is new since it told last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerCaches } from "../../../src/engine/worker/worker-caches.js";
import { tensor } from "../../../src/tensor/tensor.js";

const ids = Int32Array.from({ length: 77 }, (_, i) => i);
const embeds = tensor<"B,77,d">([1, 77, 2], new Float32Array(154));
const moments = tensor<"B,8,h,w">([1, 8, 1, 1], new Float32Array(8));

test("hits and misses are told once, bytes as they stand", () => {
  const caches = new WorkerCaches({ promptCacheBytes: 10_000, latentCacheBytes: 10_000 });
  const none = { hits: 0, misses: 0, bytes: 0 };
  assert.deepEqual(caches.takeUse(), [
    { cache: "prompt", ...none },
    { cache: "latent", ...none },
  ]);
  assert.equal(caches.prompts.get(ids, 0), undefined);
  caches.prompts.set(ids, 0, embeds);
  assert.deepEqual(caches.prompts.get(ids, 0)?.data, embeds.data);
  assert.deepEqual(caches.prompts.get(ids, 0)?.data, embeds.data);
  caches.latents.set("a", moments);
  assert.deepEqual(caches.latents.get("a")?.data, moments.data);
  assert.deepEqual(caches.takeUse(), [
    { cache: "prompt", hits: 2, misses: 1, bytes: 616 },
    { cache: "latent", hits: 1, misses: 0, bytes: 32 },
  ]);
  caches.latents.get("b");
  assert.deepEqual(caches.takeUse(), [
    { cache: "prompt", hits: 0, misses: 0, bytes: 616 },
    { cache: "latent", hits: 0, misses: 1, bytes: 32 },
  ]);
});

test("a cache of no bytes keeps nothing and counts nothing, and the other one does", () => {
  const caches = new WorkerCaches({ promptCacheBytes: 0, latentCacheBytes: 100 });
  caches.prompts.set(ids, 0, embeds);
  assert.equal(caches.prompts.get(ids, 0), undefined);
  caches.latents.set("a", moments);
  caches.latents.get("a");
  assert.deepEqual(caches.takeUse(), [
    { cache: "prompt", hits: 0, misses: 0, bytes: 0 },
    { cache: "latent", hits: 1, misses: 0, bytes: 32 },
  ]);
});

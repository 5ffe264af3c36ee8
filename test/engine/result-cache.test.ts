import assert from "node:assert/strict";
import { test } from "node:test";
import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import { ResultCache, resultKey } from "../../src/engine/result-cache.js";
import { noiseImage } from "../support/pictures.js";
import { plainJob } from "../support/plain-job.js";

const image = noiseImage(24, 16);
const maskImage = { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(255) };
const job = plainJob({ image, maskImage });

/** Another value for each field there is: a field that is added to InpaintJob and not here does not compile. */
const OTHERS: { readonly [Field in keyof InpaintJob]-?: Exclude<InpaintJob[Field], undefined> } = {
  prompt: "a cat",
  negativePrompt: "a dog",
  image: { ...image, data: image.data.map((level, i) => (i === image.data.length - 1 ? level ^ 1 : level)) },
  maskImage: { ...maskImage, width: 32, height: 8 },
  numInferenceSteps: 2,
  guidanceScale: 1.0000001,
  seed: 2 ** 32,
  scheduler: "DDIM",
  strength: 0.5,
  eta: 0.5,
  height: 64,
  width: 64,
  clipSkip: 1,
  paddingMaskCrop: 0,
  maskBlur: 1,
  invertMask: true,
  preserveUnmasked: true,
  maskFeather: 1,
};

test("every field of a job changes its key, and no two alike", async () => {
  const others = Object.entries(OTHERS).map(([field, value]) => ({ ...job, [field]: value }));
  const keys = await Promise.all([...others, job].map(resultKey));
  assert.equal(new Set(keys).size, Object.keys(OTHERS).length + 1);
});

test("a job with the same content has the same key", async () => {
  const copy = structuredClone({ ...job, seed: 0 });
  assert.equal(await resultKey(copy), await resultKey(job));
});

test("a result is given back, and writing into the original changes nothing", async () => {
  const cache = new ResultCache(10_000);
  const original = noiseImage(24, 16);
  const warnings = ["the mask was stretched"];
  const key = await resultKey(job);
  assert.equal(cache.get(key), undefined);
  cache.set(key, { image: original, warnings });
  original.data.fill(0);
  warnings.push("another");
  assert.deepEqual(cache.get(key), { image, warnings: ["the mask was stretched"] });
  assert.deepEqual(
    { ...cache.stats },
    { hits: 1, misses: 1, entries: 1, bytes: 24 * 16 * 3 + 44, maxBytes: 10_000 },
  );
});

test("a part of a larger message is kept without the message", () => {
  const cache = new ResultCache(10_000);
  const message = new Uint8Array(100_000);
  cache.set("key", { image: { width: 2, height: 2, data: message.subarray(7, 19) }, warnings: [] });
  assert.equal(cache.get("key")?.image.data.buffer.byteLength, 12);
});

test("off by 0 bytes", () => {
  const cache = new ResultCache(0);
  cache.set("key", { image, warnings: [] });
  assert.equal(cache.get("key"), undefined);
  assert.equal(cache.enabled, false);
});

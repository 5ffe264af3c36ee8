/** @file Kept moments and encodings: found by content, and left as they are by every scheduler. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Denoising } from "../../../src/diffusion/denoising.js";
import { imageTensor } from "../../../src/diffusion/image-tensor.js";
import { type PreparedInput, prepareInput } from "../../../src/diffusion/inpaint-input.js";
import { type InpaintJob, SCHEDULER_NAMES } from "../../../src/diffusion/inpaint-job.js";
import { LatentCache, latentKey } from "../../../src/engine/worker/latent-cache.js";
import { PromptCache } from "../../../src/engine/worker/prompt-cache.js";
import { noiseImage } from "../../support/pictures.js";
import { plainJob } from "../../support/plain-job.js";
import { loadTestModel } from "../../support/test-model.js";

const model = await loadTestModel();
after(() => model.release());

const SIZE = 64;
const image = noiseImage(SIZE, SIZE);
const hole = { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE).fill(1, 0, SIZE * 20) };
const encode = (mask?: typeof hole) => model.networks.encodeImage(imageTensor(image, mask));

test("the key is the content: pixels, size, hole", () => {
  const key = latentKey(image);
  assert.equal(latentKey({ ...image, data: image.data.slice() }), key);
  const others = [
    key,
    latentKey({ ...image, data: image.data.map((level, i) => (i === 5 ? level ^ 1 : level)) }),
    latentKey({ ...image, width: SIZE / 2, height: SIZE * 2 }),
    latentKey(image, hole),
    latentKey(image, { ...hole, data: hole.data.map((bit, i) => (i === SIZE * 30 ? 1 : bit)) }),
    latentKey(image, { ...hole, data: new Uint8Array(SIZE * SIZE) }),
  ];
  assert.equal(new Set(others).size, others.length);
});

test("moments that were kept are, to the last bit, those made anew", async () => {
  const cache = new LatentCache(1_000_000);
  for (const mask of [undefined, hole]) {
    const key = latentKey(image, mask);
    assert.equal(cache.get(key), undefined);
    const moments = await encode(mask);
    cache.set(key, moments);
    moments.data.fill(0);
    assert.deepEqual(cache.get(key), await encode(mask));
  }
  const bytes = 2 * 8 * 8 * 8 * 4;
  assert.deepEqual({ ...cache.stats }, { hits: 2, misses: 2, entries: 2, bytes, maxBytes: 1_000_000 });
});

test("a batch is refused", async () => {
  const { data } = imageTensor(image);
  const pair = { shape: [2, 3, SIZE, SIZE], data: Float32Array.of(...data, ...data) };
  const moments = await model.networks.encodeImage(pair);
  assert.throws(() => new LatentCache(1_000_000).set("key", moments), RangeError);
});

test("a job leaves what it got from a cache as it was, with every scheduler, and paints the same", async () => {
  const maskImage = {
    width: SIZE,
    height: SIZE,
    data: new Uint8Array(SIZE * SIZE * 3).fill(255, 0, SIZE * 60),
  };
  const sized = { height: SIZE, width: SIZE, numInferenceSteps: 4, strength: 0.75, eta: 0.5, seed: 3 };
  const job = plainJob({ image, maskImage }, sized);
  const prepared = prepareInput(job, model.geometry);
  assert.ok(!prepared.repaintsNothing);
  const kept = cachesOf(await fresh(prepared));
  for (const scheduler of SCHEDULER_NAMES) {
    for (const guidanceScale of [1, 7.5]) {
      const changed = { ...job, scheduler, guidanceScale };
      const expected = await denoise(changed, prepared, await fresh(prepared));
      assert.deepEqual(await denoise(changed, prepared, kept()), expected, `${scheduler}, first`);
      assert.deepEqual(await denoise(changed, prepared, kept()), expected, `${scheduler}, again`);
    }
  }
  assert.deepEqual(kept(), await fresh(prepared));
});

type Encoded = Awaited<ReturnType<typeof fresh>>;

async function fresh({ image: picture, mask }: PreparedInput) {
  const { networks, tokenizer } = model;
  const prompt = (text: string) => networks.encodePrompt(tokenizer.encode(text).ids, 0);
  return {
    promptEmbeds: await prompt("a yellow cat"),
    negativeEmbeds: await prompt(""),
    encoded: {
      image: await networks.encodeImage(imageTensor(picture)),
      maskedImage: await networks.encodeImage(imageTensor(picture, mask)),
    },
  };
}

/** What `fresh` made, out of caches. */
function cachesOf({ promptEmbeds, negativeEmbeds, encoded }: Encoded): () => Encoded {
  const prompts = new PromptCache(1_000_000);
  const latents = new LatentCache(1_000_000);
  const ids = (text: string) => model.tokenizer.encode(text).ids;
  prompts.set(ids("a yellow cat"), 0, promptEmbeds);
  prompts.set(ids(""), 0, negativeEmbeds);
  latents.set(latentKey(image), encoded.image);
  latents.set(latentKey(image, hole), encoded.maskedImage);
  const found = <T>(value: T | undefined): T => value ?? assert.fail("not in the cache");
  return () => ({
    promptEmbeds: found(prompts.get(ids("a yellow cat"), 0)),
    negativeEmbeds: found(prompts.get(ids(""), 0)),
    encoded: {
      image: found(latents.get(latentKey(image))),
      maskedImage: found(latents.get(latentKey(image, hole))),
    },
  });
}

async function denoise(job: InpaintJob, prepared: PreparedInput, inputs: Encoded) {
  const { networks, unetChannels, schedulerConfig, scalingFactor } = model;
  const denoising = Denoising.start({
    job,
    prepared,
    unetChannels,
    schedulerConfig,
    scalingFactor,
    ...inputs,
  });
  while (!denoising.done) {
    const { input, timesteps, promptEmbeds } = denoising.nextCall();
    denoising.accept(await networks.predictNoise(input, timesteps, promptEmbeds));
  }
  return denoising.latentsForDecoder();
}

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Networks } from "../../../src/diffusion/networks.js";
import { thresholdMask } from "../../../src/diffusion/threshold-mask.js";
import type { LoadedModel } from "../../../src/engine/worker/loaded-model.js";
import { resizeLanczos } from "../../../src/tensor/resize-lanczos.js";
import { timedNetworks } from "../../bench/timed-networks.js";
import { fixturePath } from "../../support/paths.js";
import { type RunOptions, runJob } from "../../support/run-job.js";
import { sampleImage, sampleJob, sampleMask } from "../../support/sample.js";
import { never } from "../../support/test-engine.js";
import { loadTestModel } from "../../support/test-model.js";

const model = await loadTestModel({ threads: 2 });
after(() => model.release());

const LONG_PROMPT = Array.from({ length: 100 }, (_, i) => `word${i}`).join(" ");
const SMALL = { width: 64, height: 64 };
const black = { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3) };

/** Options that write down what they hear. */
function recorder(signal: AbortSignal = never): RunOptions & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    signal,
    heard,
    onStarted: (unetCalls) => heard.push(`started ${unetCalls}`),
    onProgress: (call, calls) => heard.push(`${call}/${calls}`),
  };
}

test("progress is told once per UNet call, after the number of calls in all", async () => {
  const options = recorder();
  await runJob(model, sampleJob({ numInferenceSteps: 3 }), options);
  assert.deepEqual(options.heard, ["started 4", "1/4", "2/4", "3/4", "4/4"]);
});

test("a prompt beyond 77 tokens is told with what was left out, each prompt by its name", async () => {
  const job = sampleJob({ prompt: LONG_PROMPT, negativePrompt: LONG_PROMPT });
  const { warnings } = await runJob(model, job, recorder());
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? "", /^prompt is longer than the 77 tokens the model reads; left out: "/);
  assert.match(warnings[1] ?? "", /^negative_prompt is longer than the 77 tokens/);
  assert.ok(warnings.every((warning) => warning.length < 200));
});

test("without guidance the negative prompt is not read: neither warned of, nor of any effect", async () => {
  const job = sampleJob({ guidanceScale: 1 });
  const plain = await runJob(model, job, recorder());
  const negative = await runJob(model, { ...job, negativePrompt: LONG_PROMPT }, recorder());
  assert.deepEqual(negative.warnings, []);
  assert.deepEqual(negative.image.data, plain.image.data);
});

test("a mask that paints nothing costs no step when the input's own pixels are kept anyway", async () => {
  const options = recorder();
  const { image, warnings } = await runJob(model, sampleJob({ maskImage: black }), options);
  assert.deepEqual(options.heard, ["started 0"]);
  assert.deepEqual(Buffer.from(image.data), Buffer.from(sampleImage.data));
  assert.match(warnings.join(), /without a denoising step/);
});

test("a mask that paints nothing is denoised all the same when the raw output is asked for", async () => {
  const options = recorder();
  const { image } = await runJob(model, sampleJob({ maskImage: black, preserveUnmasked: false }), options);
  assert.deepEqual(options.heard, ["started 1", "1/1"]);
  assert.notDeepEqual(image.data, sampleImage.data);
});

test("a job is stopped before the next UNet call", async () => {
  const controller = new AbortController();
  const options = recorder(controller.signal);
  const job = sampleJob({ numInferenceSteps: 50 });
  const onProgress = (call: number, calls: number) => {
    options.onProgress(call, calls);
    if (call === 2) controller.abort();
  };
  await assert.rejects(runJob(model, job, { ...options, onProgress }), { code: "CANCELLED" });
  assert.deepEqual(options.heard, ["started 51", "1/51", "2/51"]);
});

test("a job that was cancelled before it began never reaches the UNet", async () => {
  const options = recorder(AbortSignal.abort());
  await assert.rejects(runJob(model, sampleJob(), options), { code: "CANCELLED" });
  assert.deepEqual(options.heard, []);
});

test("clip_skip leaves layers out for the prompt and none for the negative prompt", async () => {
  const { networks } = model;
  const seen: (readonly number[])[] = [];
  const watched: Networks = {
    encodePrompt: (...args) => networks.encodePrompt(...args),
    encodeImage: (image) => networks.encodeImage(image),
    decodeLatents: (latents) => networks.decodeLatents(latents),
    predictNoise: (input, timesteps, promptEmbeds) => {
      seen.push([...promptEmbeds.data]);
      return networks.predictNoise(input, timesteps, promptEmbeds);
    },
  };
  const job = sampleJob({ clipSkip: 2, guidanceScale: 7.5 });
  await runJob({ ...model, networks: watched }, job, recorder());
  const states = async (text: string, clipSkip: number) =>
    (await networks.encodePrompt(model.tokenizer.encode(text).ids, clipSkip)).data;
  assert.deepEqual(seen, [[...(await states(job.negativePrompt, 0)), ...(await states(job.prompt, 2))]]);
});

test("more layers to leave out than the text encoder has are refused with both numbers", async () => {
  const job = sampleJob({ clipSkip: 24 });
  await assert.rejects(runJob(model, job, recorder()), {
    code: "INVALID_INPUT",
    message: /clip_skip 24: .* has 23 layers/,
  });
});

test("the VAE encodes what strength and UNet ask for, and no more", async () => {
  const calls = async (served: LoadedModel, strength: number) => {
    const { networks, times } = timedNetworks(served.networks);
    await runJob(
      { ...served, networks },
      sampleJob({ strength, numInferenceSteps: 2, ...SMALL }),
      recorder(),
    );
    return times.encodeImage.calls;
  };
  assert.deepEqual([await calls(model, 1), await calls(model, 0.5)], [1, 2]);
  const modelDir = fixturePath("golden/architectures/sd15");
  const fourChannels = await loadTestModel({ modelDir });
  assert.deepEqual([await calls(fourChannels, 1), await calls(fourChannels, 0.5)], [1, 1]);
  await fourChannels.release();
});

test("a strength below 1 makes fewer UNet calls, and one that leaves no step is refused", async () => {
  const options = recorder();
  await runJob(model, sampleJob({ numInferenceSteps: 4, strength: 0.5, ...SMALL }), options);
  assert.deepEqual(options.heard, ["started 3", "1/3", "2/3", "3/3"]);
  const job = sampleJob({ numInferenceSteps: 4, strength: 0.2, ...SMALL });
  await assert.rejects(runJob(model, job, recorder()), {
    code: "INVALID_INPUT",
    message: /fewer than one step/,
  });
});

test("pixels outside the mask are the input's, resized to the size asked for", async () => {
  const { image } = await runJob(model, sampleJob({ width: 75, height: 50 }), recorder());
  const input = resizeLanczos(sampleImage, 75, 50);
  const mask = thresholdMask(resizeLanczos(sampleMask, 75, 50));
  assert.deepEqual([image.width, image.height], [75, 50]);
  assert.ok(mask.data.includes(1), "something is repainted");
  for (const [i, level] of image.data.entries()) {
    if (mask.data[Math.floor(i / 3)] === 0) assert.equal(level, input.data[i], `byte ${i}`);
  }
  assert.notDeepEqual(image.data, input.data);
});

test("a size of one pixel has one latent", async () => {
  const job = sampleJob({ width: 1, height: 1, preserveUnmasked: false });
  const { image } = await runJob(model, job, recorder());
  assert.deepEqual([image.width, image.height, image.data.length], [1, 1, 3]);
});

test("a mask of another aspect than the image is warned of", async () => {
  const maskImage = resizeLanczos(sampleMask, 64, 48);
  const { warnings } = await runJob(model, sampleJob({ maskImage, ...SMALL }), recorder());
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /mask of 64x48 pixels has another aspect than the image of 512x512/);
});

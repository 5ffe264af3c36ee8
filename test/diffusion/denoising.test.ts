import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { Denoising, type DenoisingOptions, type UnetCall } from "../../src/diffusion/denoising.js";
import type { UnetChannels } from "../../src/diffusion/initial-latents.js";
import { prepareInput } from "../../src/diffusion/inpaint-input.js";
import { type InpaintJob, SCHEDULER_NAMES } from "../../src/diffusion/inpaint-job.js";
import type { LatentMoments, Latents, PromptEmbeds } from "../../src/diffusion/networks.js";
import type { SchedulerConfig } from "../../src/diffusion/scheduler/noise-scheduler.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { tensor } from "../../src/tensor/tensor.js";
import { assertAllClose } from "../support/all-close.js";
import { readGoldenJson, readGoldenTensor } from "../support/golden.js";
import { noiseBytes, noiseFloats } from "../support/integer-noise.js";
import { plainJob } from "../support/plain-job.js";

// test/scripts/goldens/denoising.py: StableDiffusionInpaintPipeline with elementwise functions for networks
const casesSchema = z.array(
  z.object({
    seed: z.number(),
    steps: z.number(),
    guidanceScale: z.number(),
    scheduler: z.enum(SCHEDULER_NAMES).nullable(),
    channels: z.literal([4, 9]),
    strength: z.number(),
    eta: z.number(),
    size: z.tuple([z.number(), z.number()]),
  }),
);
const MASKED_MOMENTS_SEED = 31;
const IMAGE_MOMENTS_SEED = 34;
const IMAGE_SEED = 32;
const MASK_SEED = 33;
const SCALING_FACTOR = 0.18215;
const CONDITIONAL = 0.25;
const UNCONDITIONAL = -0.5;
const RELATIVE_TOLERANCE = 1e-5;

/** SD 2 inpainting's own scheduler_config.json. */
const SCHEDULER_CONFIG: SchedulerConfig = {
  className: "PNDMScheduler",
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: "scaled_linear",
  numTrainTimesteps: 1000,
  clipSample: false,
  predictionType: "epsilon",
  setAlphaToOne: false,
  skipPrkSteps: true,
  stepsOffset: 1,
};

function noiseImage(width: number, height: number, seed: number): RgbImage {
  return { width, height, data: noiseBytes(width * height * 3, seed) };
}

function embeddings(value: number): PromptEmbeds {
  return tensor([1, 77, 2], new Float32Array(77 * 2).fill(value));
}

function optionsFor(
  changes: Partial<InpaintJob>,
  [height, width]: readonly [number, number],
  unetChannels: UnetChannels = 9,
): DenoisingOptions {
  const geometry = { height: 8 * height, width: 8 * width, vaeScaleFactor: 8 };
  const pictures = {
    image: noiseImage(geometry.width, geometry.height, IMAGE_SEED),
    maskImage: noiseImage(geometry.width, geometry.height, MASK_SEED),
  };
  const job = plainJob(pictures, changes);
  const prepared = prepareInput(job, geometry);
  if (prepared.repaintsNothing) throw new Error("the mask repaints nothing");
  const moments = (seed: number): LatentMoments =>
    tensor([1, 8, height, width], noiseFloats(8 * height * width, seed));
  return {
    job,
    prepared,
    encoded: { image: moments(IMAGE_MOMENTS_SEED), maskedImage: moments(MASKED_MOMENTS_SEED) },
    unetChannels,
    promptEmbeds: embeddings(CONDITIONAL),
    negativeEmbeds: embeddings(UNCONDITIONAL),
    schedulerConfig: SCHEDULER_CONFIG,
    scalingFactor: SCALING_FACTOR,
  };
}

/** The golden maker's stand-in for the UNet, row by row. */
function elementwiseUnet({ input, timesteps, promptEmbeds }: UnetCall): Latents {
  const [rows = 0, channels = 0, height = 0, width = 0] = input.shape;
  const round = Math.fround;
  const latents = 4 * height * width;
  const plane = height * width;
  const out = new Float32Array(rows * latents);
  for (let row = 0; row < rows; row++) {
    const at = (index: number) => input.data[row * channels * plane + index] ?? Number.NaN;
    const scale = round(3 + (timesteps[row] ?? Number.NaN) / 1000);
    const embedding = promptEmbeds.data[((row + 1) * promptEmbeds.data.length) / rows - 1] ?? Number.NaN;
    for (let i = 0; i < latents; i++) {
      const x =
        channels === 4
          ? at(i)
          : round(round(at(i) + round(0.5 * at(5 * plane + i))) + round(0.25 * at(4 * plane + (i % plane))));
      out[row * latents + i] = round(round(x * scale) / round(2 + round(x * x))) + embedding;
    }
  }
  return tensor([rows, 4, height, width], out);
}

function runToEnd(denoising: Denoising): Latents {
  while (!denoising.done) denoising.accept(elementwiseUnet(denoising.nextCall()));
  return denoising.latentsForDecoder();
}

test("the loop ends at the pipeline's latents", async (t) => {
  for (const [index, golden] of readGoldenJson("denoising/cases.json", casesSchema).entries()) {
    const { seed, steps, scheduler, channels, size, ...asked } = golden;
    const name = `${channels} channels, ${scheduler ?? "own scheduler"}, ${steps} steps, ${JSON.stringify(asked)}, ${size}`;
    await t.test(name, (t) => {
      const job = { ...asked, seed, numInferenceSteps: steps, ...(scheduler && { scheduler }) };
      const latents = runToEnd(Denoising.start(optionsFor(job, size, channels)));
      const expected = readGoldenTensor(`denoising/latents-${index}.npy`);
      assert.deepEqual(latents.shape, expected.shape);
      assertAllClose(
        t,
        "latents",
        latents.data.map((x) => x * SCALING_FACTOR),
        expected.data,
        { relative: RELATIVE_TOLERANCE },
      );
    });
  }
});

const JOB = { seed: 3, numInferenceSteps: 3, guidanceScale: 7.5 };

test("calls are counted, and the loop is done after the last", () => {
  const denoising = Denoising.start(optionsFor(JOB, [2, 3]));
  assert.equal(denoising.unetCalls, 4, "PNDM makes one call more than steps");
  const timesteps: number[] = [];
  for (let call = 0; call < denoising.unetCalls; call++) {
    assert.equal(denoising.callsDone, call);
    assert.equal(denoising.done, false);
    assert.throws(() => denoising.latentsForDecoder(), /UNet calls are done/);
    const next = denoising.nextCall();
    assert.deepEqual(next.input.shape, [2, 9, 2, 3]);
    assert.deepEqual(next.promptEmbeds.shape, [2, 77, 2]);
    assert.equal(next.timesteps[0], next.timesteps[1]);
    timesteps.push(next.timesteps[0] ?? Number.NaN);
    denoising.accept(elementwiseUnet(next));
  }
  assert.deepEqual(timesteps, [667, 334, 334, 1]);
  assert.equal(denoising.done, true);
  assert.throws(() => denoising.nextCall(), /all 4 UNet calls are done/);
  assert.throws(() => denoising.accept(tensor([2, 4, 2, 3], new Float32Array(48))), /all 4 UNet calls/);
});

test("without guidance there is one row, and the negative prompt does not count", () => {
  const options = optionsFor({ ...JOB, guidanceScale: 1 }, [2, 3]);
  const next = Denoising.start(options).nextCall();
  assert.deepEqual(next.input.shape, [1, 9, 2, 3]);
  assert.deepEqual([...next.timesteps], [667]);
  assert.equal(next.promptEmbeds, options.promptEmbeds);
  assert.deepEqual(
    runToEnd(Denoising.start(options)),
    runToEnd(Denoising.start({ ...options, negativeEmbeds: embeddings(100) })),
  );
});

test("a job advanced in turns with others ends where it ends alone", () => {
  const jobs = [
    { ...JOB, seed: 1 },
    { ...JOB, seed: 2, guidanceScale: 1, scheduler: "DDIM" as const },
    { ...JOB, seed: 3, numInferenceSteps: 5 },
  ];
  const alone = jobs.map((job) => runToEnd(Denoising.start(optionsFor(job, [2, 3]))));
  const together = jobs.map((job) => Denoising.start(optionsFor(job, [2, 3])));
  while (together.some(({ done }) => !done)) {
    const running = together.filter(({ done }) => !done);
    const answers = running.map((denoising) => elementwiseUnet(denoising.nextCall()));
    for (const [i, denoising] of running.entries())
      denoising.accept(answers[i] ?? tensor([0], new Float32Array()));
  }
  assert.deepEqual(
    together.map((denoising) => denoising.latentsForDecoder()),
    alone,
  );
});

test("asking twice for a call changes nothing, and its answer may be overwritten once accepted", () => {
  const options = optionsFor({ ...JOB, guidanceScale: 1 }, [2, 3]);
  const expected = runToEnd(Denoising.start(options));
  const denoising = Denoising.start(options);
  while (!denoising.done) {
    denoising.nextCall();
    const answer = elementwiseUnet(denoising.nextCall());
    denoising.accept(answer);
    answer.data.fill(Number.NaN);
  }
  assert.deepEqual(denoising.latentsForDecoder(), expected);
});

test("a NaN or infinity from the UNet is an error that says at which call", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const denoising = Denoising.start(optionsFor(JOB, [2, 3]));
    denoising.accept(elementwiseUnet(denoising.nextCall()));
    const answer = elementwiseUnet(denoising.nextCall());
    answer.data[30] = bad;
    assert.throws(() => denoising.accept(answer), {
      name: "InpaintError",
      code: "NON_FINITE_OUTPUT",
      message: /call 2 of 4, timestep 334/,
    });
  }
});

test("shapes that do not fit are refused", () => {
  const options = optionsFor(JOB, [2, 3]);
  const otherMask = { latentMask: tensor<"1,1,h,w">([1, 1, 3, 2], new Float32Array(6)) };
  assert.throws(() => Denoising.start({ ...options, prepared: otherMask }), /maskedImage is \[1, 8, 2, 3\]/);
  assert.throws(() => Denoising.start({ ...options, encoded: {} }), /maskedImage is not encoded/);
  assert.throws(
    () => Denoising.start({ ...optionsFor(JOB, [2, 3], 4), encoded: {} }),
    /image is not encoded/,
  );
  const otherEmbeds: PromptEmbeds = tensor([1, 77, 3], new Float32Array(77 * 3));
  assert.throws(() => Denoising.start({ ...options, negativeEmbeds: otherEmbeds }), /negativeEmbeds/);
  const denoising = Denoising.start(options);
  assert.throws(
    () => denoising.accept(tensor([1, 4, 2, 3], new Float32Array(24))),
    /noisePred is \[1, 4, 2, 3\]/,
  );
});

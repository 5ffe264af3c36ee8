/** @file Scoring on real image files: rows, seeds and order, and that a bad row keeps every job from running. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { createDeferred } from "../../src/async/deferred.js";
import { turn } from "../../src/async/turn.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { JobRunner } from "../../src/scoring/ports.js";
import { createScorer, type ScoringLimits } from "../../src/scoring/score.js";
import { SCORING_RESPONSE_SCHEMA } from "../../src/scoring/wire-types.generated.js";
import { echoingRunner, NO_TIMES, runnerOf, unreachableRunner } from "./job-runners.js";
import { asSent, body, codec, IMAGE, limits, MASK, options, row, SMALL, scorer } from "./scoring.js";

const TEXT = Buffer.from("this is no image").toString("base64");

const isResponse = new Ajv2020({ strict: true }).compile(SCORING_RESPONSE_SCHEMA);

async function refusal(data: readonly unknown[], changes: Partial<ScoringLimits> = {}): Promise<string> {
  try {
    await scorer(unreachableRunner, changes).score(body(data), options);
  } catch (error) {
    assert.ok(error instanceof InpaintError, String(error));
    assert.equal(error.code, "INVALID_INPUT");
    return error.message;
  }
  return assert.fail("accepted");
}

test("rows come back in their own order, as the response schema says, whichever job ends first", async () => {
  const { runner } = echoingRunner(3);
  const data = [row("first"), { prompt: "second", image: SMALL, mask: MASK }, row("third")];
  const rows = asSent((await scorer(runner).score(body(data), options)).rows);
  assert.ok(isResponse(rows), JSON.stringify(isResponse.errors));
  assert.deepEqual(
    rows.map(({ prompt }) => prompt),
    ["first", "second", "third"],
  );
  for (const [i, sent] of [IMAGE, SMALL, IMAGE].entries()) {
    const returned = await codec.decode(Buffer.from(rows[i]?.generated_image ?? "", "base64"));
    assert.deepEqual(returned, await codec.decode(Buffer.from(sent, "base64")));
  }
});

test("the jobs hold what the rows and the parameters ask for", async () => {
  const { runner, jobs } = echoingRunner(2);
  const parameters = { num_inference_steps: 20, negative_prompt: "blurry", scheduler: "DDIM" };
  const data = [row("a", { seed: 5 }), row("b", { guidance_scale: 1, negative_prompt: null })];
  await scorer(runner).score(body(data, parameters), options);
  const [first, second] = jobs.map(({ image, maskImage, seed, ...rest }) => ({
    ...rest,
    sizes: [image.width, image.height, maskImage.width, maskImage.height],
  }));
  const common = {
    negativePrompt: "blurry",
    numInferenceSteps: 20,
    preserveUnmasked: true,
    strength: 1,
    eta: 0,
    clipSkip: 0,
    maskBlur: 0,
    invertMask: false,
    maskFeather: 4,
    scheduler: "DDIM",
    sizes: [512, 512, 512, 512],
  };
  assert.deepEqual(first, { ...common, prompt: "a", guidanceScale: 7.5 });
  assert.deepEqual(second, { ...common, prompt: "b", guidanceScale: 1 });
  assert.equal(jobs[0]?.seed, 5);
});

test("a job without a scheduler leaves the choice to the checkpoint", async () => {
  const { runner, jobs } = echoingRunner(1);
  await scorer(runner).score(body([row("a")]), options);
  assert.equal(
    jobs.every((job) => "scheduler" in job),
    false,
  );
});

test("a seed applies to every row; without one each row draws its own", async () => {
  const given = await scorer(echoingRunner(2).runner).score(
    body([row("a"), row("b", { seed: 9 })], { seed: 7 }),
    options,
  );
  assert.deepEqual(given.seeds, [7, 9]);

  const { runner, jobs } = echoingRunner(3);
  const { seeds } = await scorer(runner).score(body([row("a"), row("b"), row("c")]), options);
  assert.equal(new Set(seeds).size, 3);
  for (const seed of seeds) assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32);
  assert.deepEqual(
    jobs.map(({ seed }) => seed),
    seeds,
  );
});

test("a job's warnings are told with their row", async () => {
  const { runner } = echoingRunner(2, ["the prompt was cut"]);
  const { warnings } = await scorer(runner).score(body([row("a"), row("b")]), options);
  assert.deepEqual(warnings, ["data[0]: the prompt was cut", "data[1]: the prompt was cut"]);
});

test("decoding and encoding are measured", async () => {
  const metrics = createMetrics();
  const { runner } = echoingRunner(2);
  await createScorer({ codec, runner, limits, metrics }).score(body([row("a"), row("b")]), options);
  const text = await metrics.registry.metrics();
  assert.match(text, /^inpaint_stage_seconds_count\{stage="imageDecode"\} 4$/m);
  assert.match(text, /^inpaint_stage_seconds_count\{stage="imageEncode"\} 2$/m);
});

test("one bad image keeps all rows from running, and row and field are named", async () => {
  const truncated = IMAGE.slice(0, IMAGE.length / 2);
  assert.match(
    await refusal([row("a"), row("b", { mask_image: truncated })]),
    /^data\[1\]\.mask_image: PNG cannot be decoded: \S/,
  );
});

test("what is wrong with shapes, base64 and images is told together, in the request's order", async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString("base64");
  assert.equal(
    await refusal([
      { image: IMAGE, mask_image: svg },
      row("b", { image: "not base64!" }),
      row("c", { image: TEXT, mask_image: "https://example.com/mask.png" }),
    ]),
    [
      "data[0].prompt: missing",
      "data[0].mask_image: is SVG or other XML; accepted are PNG, JPEG, WEBP, GIF, TIFF",
      'data[1].image: not base64: character "!" at offset 10',
      "data[2].image: not an image (begins with bytes 74 68 69 73 20 69 73 20); accepted are PNG, JPEG, WEBP, GIF, TIFF",
      "data[2].mask_image: URLs are not accepted; send the image itself as base64",
    ].join("; "),
  );
});

test("a schedule that the runner cannot run is told with its row, and no row runs", async () => {
  const asked: unknown[] = [];
  const runner: JobRunner = {
    ...unreachableRunner,
    problemsWith({ numInferenceSteps, scheduler }) {
      asked.push([numInferenceSteps, scheduler]);
      return scheduler === "PNDM" ? ["PNDM cannot", "nor may it"] : [];
    },
  };
  const data = [row("a"), row("b", { num_inference_steps: 7, scheduler: "PNDM" }), row("c", { seed: "x" })];
  await assert.rejects(scorer(runner).score(body(data, { scheduler: "DDIM" }), options), {
    code: "INVALID_INPUT",
    message:
      'data[2].seed: expected a whole number from 0 to 9007199254740991, got "x"; data[1]: PNDM cannot; data[1]: nor may it',
  });
  assert.deepEqual(
    asked,
    [
      [50, "DDIM"],
      [7, "PNDM"],
    ],
    "a row whose parameters could not be read is not asked about",
  );
});

test("what is found after parsing is told in the caller's own terms too", async () => {
  const runner: JobRunner = { ...unreachableRunner, problemsWith: () => ["cannot"] };
  const columns = { prompt: ["a", "b"], image: [IMAGE, TEXT], mask: [MASK, MASK] };
  await assert.rejects(scorer(runner).score({ inputs: columns }, options), {
    message: /^inputs, row 0: cannot; inputs, row 1: cannot; inputs\.image\[1\]: not an image /,
  });
  const dies = runnerOf(() => Promise.reject(new InpaintError("INVALID_INPUT", "too thin")));
  await assert.rejects(scorer(dies).score({ instances: [row("a")] }, options), {
    message: "instances[0]: too thin",
  });
  const few = scorer(unreachableRunner, { maxRequestPixels: 1000 });
  await assert.rejects(few.score({ dataframe_records: [row("a")] }, options), {
    message: "dataframe_records: the images together hold more than 1000 pixels",
  });
});

test("images that together hold too many pixels are refused", async () => {
  assert.equal(
    await refusal([row("a"), row("b")], { maxRequestPixels: 1_000_000 }),
    "input_data.data: the images together hold more than 1000000 pixels",
  );
});

test("a request finds no room for its images beside those of another one, and finds it when that one has ended", async () => {
  const finish: (() => void)[] = [];
  const runner = runnerOf(
    (job) =>
      new Promise((resolve) =>
        finish.push(() => resolve({ image: job.image, times: NO_TIMES, warnings: [] })),
      ),
  );
  const { score } = scorer(runner, { maxDecodedPixels: 4 * 512 * 512 - 1 });
  let begun = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const observer = { onBegun: begun, onQueued() {}, onProgress() {}, onRestarted() {}, onPreviewFailed() {} };
  const first = score(body([row("a")]), { ...options, observer });
  await hasBegun;
  await assert.rejects(score(body([row("b")]), options), {
    code: "QUEUE_FULL",
    message: /^no memory for more input images: other requests hold 524288 of at most 1048575 pixels/,
  });
  for (const end of finish) end();
  assert.equal((await first).rows.length, 1);
  const second = score(body([row("c")]), {
    ...options,
    observer: { ...observer, onBegun: () => setImmediate(() => finish.at(-1)?.()) },
  });
  assert.equal((await second).rows.length, 1);
});

test("images of the answer that together hold too many pixels are refused before one is made", async () => {
  const limit = { maxResponsePixels: 600_000 };
  const sized = row("a", { height: 300, width: 1000, num_images_per_prompt: 2 }); // as it is asked for
  const whole = row("b"); // as the model makes it
  const words = (pixels: number) =>
    `input_data.data: the images of the answer would hold ${pixels} pixels together; at most 600000 are returned ` +
    "(with padding_mask_crop each has the size of its input)";
  assert.equal(await refusal([sized, whole], limit), words(600_000 + 512 * 512));
  assert.equal(await refusal([row("c", { height: 1200 })], limit), words(1200 * 512));
  const cropped = row("d", { image: SMALL, padding_mask_crop: 4, num_images_per_prompt: 2 }); // as the input is
  assert.equal(await refusal([sized, cropped], limit), words(600_000 + 2 * 25 * 19));
  const { runner } = echoingRunner(2);
  assert.equal((await scorer(runner, limit).score(body([sized]), options)).rows.length, 2);
});

test("no job is planned for a model that has gone: the client may come again", async () => {
  const runner: JobRunner = { ...unreachableRunner, geometry: undefined };
  await assert.rejects(scorer(runner).score(body([row("a")]), options), { code: "NOT_READY" });
});

test("when one job fails the others are cancelled and the failure is thrown", async () => {
  const cancelled: string[] = [];
  const runner = runnerOf(async (job, { signal }) => {
    if (job.prompt === "bad") throw new InpaintError("WORKER_LOST", "the worker died");
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        cancelled.push(job.prompt);
        reject(new InpaintError("CANCELLED", "cancelled"));
      });
    });
  });
  await assert.rejects(scorer(runner).score(body([row("a"), row("bad"), row("c")]), options), {
    code: "WORKER_LOST",
  });
  assert.deepEqual(cancelled, ["a", "c"]);
});

test("images count as held until the jobs that were cancelled have stopped, and the answer does not wait for that", async () => {
  const stopped = createDeferred<void>();
  const runner = runnerOf(async (job) => {
    if (job.prompt === "bad") throw new InpaintError("WORKER_LOST", "the worker died");
    await stopped.promise; // slow to hear that nobody wants it any more
    throw new InpaintError("CANCELLED", "cancelled");
  });
  const metrics = createMetrics();
  const held = async () => (await metrics.decodedPixels.get()).values[0]?.value;
  const { score } = createScorer({ codec, runner, limits, metrics });
  await assert.rejects(score(body([row("a"), row("bad")]), options), { code: "WORKER_LOST" });
  assert.ok(((await held()) ?? 0) > 0, "the other job still has its images");
  stopped.resolve();
  while ((await held()) !== 0) await turn();
});

test("a client that is gone before the jobs begin has none run", async () => {
  await assert.rejects(
    scorer(unreachableRunner).score(body([row("a")]), { ...options, signal: AbortSignal.abort() }),
    {
      code: "CANCELLED",
    },
  );
});

test("a client that goes while its jobs run cancels them", async () => {
  const client = new AbortController();
  const runner = runnerOf(
    (_job, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new InpaintError("CANCELLED", "cancelled")));
        client.abort();
      }),
  );
  await assert.rejects(scorer(runner).score(body([row("a")]), { ...options, signal: client.signal }), {
    code: "CANCELLED",
  });
});

test("its caller hears once when the body is read: before any job has run, and where it is refused", async () => {
  const heard: string[] = [];
  const onRead = () => heard.push("read");
  const { runner } = echoingRunner(1);
  const telling: JobRunner = {
    ...runner,
    reserve: (...args) => {
      const permit = runner.reserve(...args);
      return {
        release: () => permit.release(),
        run: (...job) => {
          heard.push("run");
          return permit.run(...job);
        },
      };
    },
  };
  await scorer(telling).score(body([row("a")]), { ...options, onRead });
  assert.deepEqual(heard.splice(0), ["read", "run"]);
  for (const bad of [row("a", { image: TEXT }), { prompt: "a" }]) {
    await assert.rejects(scorer(unreachableRunner).score(body([bad]), { ...options, onRead }));
    assert.deepEqual(heard.splice(0), ["read"]);
  }
});

/** @file When decoding ends that cannot go on: after what is under way, whose memory is counted until then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createDeferred } from "../../src/async/deferred.js";
import { decodeImages } from "../../src/scoring/decode-images.js";
import { PixelBudget } from "../../src/scoring/pixel-budget.js";
import type { ImageCodec } from "../../src/scoring/ports.js";
import { Problems } from "../../src/scoring/problems.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { codec, IMAGE, never, SMALL } from "./scoring.js";

const PIXEL: RgbImage = { width: 1, height: 1, data: new Uint8Array(3) };

/** Decodes nothing until it is told to; the first image of all fails if `fails`. */
function start(fails: boolean) {
  const client = new AbortController();
  const begun = createDeferred<void>();
  const decoding: ReturnType<typeof createDeferred<RgbImage>>[] = [];
  const held: ImageCodec = {
    ...codec,
    decode: () => {
      const image = createDeferred<RgbImage>();
      if (decoding.push(image) === 4) begun.resolve();
      if (fails && decoding.length === 1) image.reject(new Error("no memory"));
      return image.promise;
    },
  };
  const images = Array.from({ length: 9 }, (_, i) => ({ where: `${i}`, text: "QUJD", exifTranspose: false }));
  const ended = { how: "" };
  const end = decodeImages(images, {
    codec: held,
    maxPixels: 100,
    held: new PixelBudget(100, () => {}).hold(),
    problems: new Problems(),
    where: "input_data.data",
    onDecoded: () => {},
    onFetched: () => {},
    source: undefined,
    signal: client.signal,
  }).then(
    () => assert.fail("it went on"),
    (error: Error) => {
      ended.how = error.message;
    },
  );
  return { client, hasBegun: begun.promise, decoding, ended, end };
}

for (const [why, fails, message] of [
  ["the client goes", false, "the client went away"],
  ["one fails for another reason than its bytes", true, "no memory"],
] as const) {
  test(`when ${why}, those that are being decoded are waited for, and no other begins`, async () => {
    const { client, hasBegun, decoding, ended, end } = start(fails);
    await hasBegun;
    if (!fails) client.abort();
    await setImmediate();
    assert.equal(decoding.length, 4);
    assert.equal(ended.how, "");
    for (const image of decoding) image.resolve(PIXEL);
    await end;
    assert.equal(ended.how, message);
    assert.equal(decoding.length, 4);
  });
}

test("images that are too large together are not decoded: their headers say how large they are", async () => {
  const problems = new Problems();
  let heldPixels = 0;
  const budget = new PixelBudget(1e6, (pixels) => {
    heldPixels = pixels;
  });
  const held = budget.hold();
  const images = [SMALL, IMAGE, SMALL].map((text, i) => ({ where: `${i}`, text, exifTranspose: false }));
  const decode = (maxPixels: number) =>
    decodeImages(images, {
      codec,
      maxPixels,
      held,
      problems,
      where: "input_data.data",
      onDecoded: () => {},
      onFetched: () => {},
      source: undefined,
      signal: never,
    });
  assert.deepEqual(await decode(512 * 512 + 949), [undefined, undefined, undefined]);
  assert.equal(heldPixels, 0);
  assert.throws(() => problems.throwIfAny(), {
    message: "input_data.data: the images together hold more than 263093 pixels",
  });
  assert.equal((await decode(512 * 512 + 950)).filter((image) => image !== undefined).length, 3);
  assert.equal(heldPixels, 512 * 512 + 950);
});

test("memory for a request's images is taken for all of them or for none", async () => {
  let heldPixels = 0;
  const budget = new PixelBudget(3 * 512 * 512, (pixels) => {
    heldPixels = pixels;
  });
  budget.hold().take(1);
  const images = [IMAGE, IMAGE, IMAGE].map((text, i) => ({ where: `${i}`, text, exifTranspose: false }));
  const problems = new Problems();
  const held = budget.hold();
  await assert.rejects(
    decodeImages(images, {
      codec,
      maxPixels: 1e9,
      held,
      problems,
      where: "input_data.data",
      onDecoded: () => {},
      onFetched: () => {},
      source: undefined,
      signal: never,
    }),
    { code: "QUEUE_FULL" },
  );
  assert.equal(heldPixels, 1);
});

test("an image whose text is still being read when the client goes is read no further", async () => {
  const client = new AbortController();
  let headers = 0;
  const end = decodeImages([{ where: "0", text: "QUJD".repeat(2 ** 20), exifTranspose: false }], {
    codec: { ...codec, countPixels: async () => ++headers },
    maxPixels: 100,
    held: new PixelBudget(100, () => {}).hold(),
    problems: new Problems(),
    where: "input_data.data",
    onDecoded: () => {},
    onFetched: () => {},
    source: undefined,
    signal: client.signal,
  });
  client.abort();
  await assert.rejects(end, { code: "CANCELLED" });
  assert.equal(headers, 0);
});

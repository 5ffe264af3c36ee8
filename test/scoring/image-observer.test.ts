/** @file What a caller hears of an image: positions and previews not too often, every call; previews by the real codec. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import { ImageObserver } from "../../src/scoring/image-observer.js";
import type { ImageCodec } from "../../src/scoring/ports.js";
import type { ImagePlace, ImageProgress, ScoreObserver } from "../../src/scoring/score-observer.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { echoingRunner, NO_TIMES, runnerOf } from "./job-runners.js";
import { body, codec, options, row, scorer } from "./scoring.js";

const PLACE: ImagePlace = { row: 1, image: 3 };

/** Keeps all it hears. */
class Listener implements ScoreObserver {
  begun = 0;
  restarts = 0;
  readonly queued: unknown[] = [];
  readonly progress: ImageProgress[] = [];
  readonly places: ImagePlace[] = [];
  readonly failures: unknown[] = [];
  #onPreview: (() => void) | undefined;

  onBegun(): void {
    this.begun++;
  }
  onQueued(place: ImagePlace, queue: unknown): void {
    this.places.push(place);
    this.queued.push(queue);
  }
  onProgress(place: ImagePlace, progress: ImageProgress): void {
    this.places.push(place);
    this.progress.push(progress);
    if (progress.preview !== undefined) this.#onPreview?.();
  }
  onRestarted(place: ImagePlace): void {
    this.places.push(place);
    this.restarts++;
  }
  onPreviewFailed(error: unknown): void {
    this.failures.push(error);
    this.#onPreview?.();
  }
  /** The next preview, made or not. */
  preview(): Promise<void> {
    const { promise, resolve } = createDeferred<void>();
    this.#onPreview = resolve;
    return promise;
  }
}

function filled(width: number, height: number, value: number): RgbImage {
  return { width, height, data: new Uint8Array(3 * width * height).fill(value) };
}

test("a position is told when it changes, not more than once a second", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const listener = new Listener();
  const observer = new ImageObserver(PLACE, listener, codec);
  for (const position of [5, 5, 4, 3]) observer.onQueued(position, 100 * position);
  assert.deepEqual(listener.queued, [{ position: 5, waitMs: 500 }]);
  t.mock.timers.tick(1000);
  assert.deepEqual(listener.queued.slice(1), [{ position: 3, waitMs: 300 }]);
  observer.onQueued(3, 250);
  t.mock.timers.tick(5000);
  assert.equal(listener.queued.length, 2, "the same position is no news");
  observer.onQueued(1, undefined);
  assert.deepEqual(listener.queued.at(-1), { position: 1, waitMs: undefined });
  observer.onQueued(2, 1);
  observer.onProgress({ call: 1, calls: 2 });
  t.mock.timers.tick(5000);
  assert.equal(listener.queued.length, 3, "what has begun waits no more");
  assert.deepEqual(new Set(listener.places), new Set([PLACE]));
});

test("every call is told; a preview is a JPEG of at most 128 pixels an edge, and one a second", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const listener = new Listener();
  const observer = new ImageObserver(PLACE, listener, codec);
  const first = listener.preview();
  observer.onProgress({ call: 1, calls: 9, preview: filled(256, 96, 200) });
  observer.onProgress({ call: 2, calls: 9, preview: filled(256, 96, 100) });
  observer.onProgress({ call: 3, calls: 9 });
  assert.deepEqual(
    listener.progress,
    [1, 2, 3].map((call) => ({ call, calls: 9 })),
  );
  await first;
  const told = listener.progress.at(-1);
  assert.equal(told?.call, 3, "calls never count backwards");
  const file = told?.preview ?? new Uint8Array();
  assert.deepEqual([...file.subarray(0, 3)], [0xff, 0xd8, 0xff], "a JPEG");
  const picture = await codec.decode(file);
  assert.deepEqual([picture.width, picture.height], [128, 48]);
  assert.ok(Math.abs((picture.data[0] ?? 0) - 200) <= 2);
  assert.equal(listener.progress.length, 4);

  const second = listener.preview();
  t.mock.timers.tick(1000);
  await second;
  const later = await codec.decode(listener.progress.at(-1)?.preview ?? new Uint8Array());
  assert.ok(Math.abs((later.data[0] ?? 0) - 100) <= 2, "the one that waited");
});

test("a preview of 128 pixels or less keeps its size", async () => {
  const listener = new Listener();
  const observer = new ImageObserver(PLACE, listener, codec);
  const made = listener.preview();
  observer.onProgress({ call: 1, calls: 1, preview: filled(64, 128, 9) });
  await made;
  observer.stop();
  const { width, height } = await codec.decode(listener.progress.at(-1)?.preview ?? new Uint8Array());
  assert.deepEqual([width, height], [64, 128]);
});

test("a preview that cannot be made is told as such, and the job goes on", async () => {
  const listener = new Listener();
  const broken: ImageCodec = {
    ...codec,
    encode: () => Promise.reject(new Error("no encoder")),
  };
  const observer = new ImageObserver(PLACE, listener, broken);
  const failed = listener.preview();
  observer.onProgress({ call: 1, calls: 2, preview: filled(8, 8, 0) });
  await failed;
  assert.match(String(listener.failures[0]), /no encoder/);
  observer.onProgress({ call: 2, calls: 2 });
  observer.stop();
  assert.equal(listener.progress.at(-1)?.call, 2);
});

test("nothing is told of a job that has ended, not even a preview under way", async () => {
  const listener = new Listener();
  const encoded = createDeferred<Uint8Array>();
  const slow: ImageCodec = {
    ...codec,
    encode: () => encoded.promise,
  };
  const observer = new ImageObserver(PLACE, listener, slow);
  observer.onProgress({ call: 1, calls: 2, preview: filled(8, 8, 0) });
  observer.stop();
  encoded.resolve(new Uint8Array(3));
  await encoded.promise;
  observer.onProgress({ call: 2, calls: 2 });
  observer.onQueued(1, 1);
  await new Promise(setImmediate);
  assert.deepEqual(listener.progress, [{ call: 1, calls: 2 }]);
  assert.deepEqual(listener.queued, []);
});

test("a job that begins anew waits and counts again; previews of what is lost are not shown", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const listener = new Listener();
  const encoded = createDeferred<Uint8Array>();
  const slow: ImageCodec = {
    ...codec,
    encode: () => encoded.promise,
  };
  const observer = new ImageObserver(PLACE, listener, slow);
  observer.onQueued(1, 5);
  observer.onProgress({ call: 1, calls: 9, preview: filled(8, 8, 0) }); // being made
  observer.onProgress({ call: 2, calls: 9, preview: filled(8, 8, 0) }); // waits
  observer.onRestarted();
  assert.equal(listener.restarts, 1);
  observer.onQueued(1, 7);
  assert.deepEqual(
    listener.queued,
    [
      { position: 1, waitMs: 5 },
      { position: 1, waitMs: 7 },
    ],
    "the same position, and at once",
  );
  observer.onProgress({ call: 1, calls: 9 });
  encoded.resolve(new Uint8Array(3));
  await encoded.promise;
  t.mock.timers.tick(5000);
  await new Promise(setImmediate);
  const last = listener.preview();
  observer.onProgress({ call: 2, calls: 9, preview: filled(8, 8, 0) });
  await last;
  assert.deepEqual(
    listener.progress.map(({ call, preview }) => [call, preview?.length]),
    [
      [1, undefined],
      [2, undefined],
      [1, undefined],
      [2, undefined],
      [2, 3],
    ],
  );
  observer.stop();
  observer.onRestarted();
  assert.equal(listener.restarts, 1, "nothing is told of a job that has ended");
});

test("each image is told with its row and its place in the answer, after the request has begun", async () => {
  const listener = new Listener();
  const runner = runnerOf(async ({ image }, { observer, previews }) => {
    assert.equal(listener.begun, 1);
    assert.equal(previews, true);
    observer?.onProgress?.({ call: 1, calls: 1 });
    return { image, times: NO_TIMES, warnings: [] };
  });
  const data = [row("a", { num_images_per_prompt: 2 }), row("b")];
  await scorer(runner).score(body(data), { ...options, observer: listener });
  assert.deepEqual(listener.places, [
    { row: 0, image: 0 },
    { row: 0, image: 1 },
    { row: 1, image: 2 },
  ]);
});

test("a request whose images cannot be read never begins", async () => {
  const listener = new Listener();
  const { runner } = echoingRunner(1);
  const bad = body([row("a", { image: "%" })]);
  await assert.rejects(scorer(runner).score(bad, { ...options, observer: listener }), {
    code: "INVALID_INPUT",
  });
  assert.equal(listener.begun, 0);
});

/** @file Equal content: asked once at a time, remembered for a while, and abandoned when nobody waits any more. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { startFakeContentSafety } from "../support/fake-content-safety.js";
import { GREY, NEVER, plainImage, setUpScreening, TEST_KEY } from "../support/screening.js";

async function setUp(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const variables = { CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_KEY: TEST_KEY, ...environment };
  return { fake, ...setUpScreening(variables) };
}

const cancelled = (error: unknown) => error instanceof InpaintError && error.code === "CANCELLED";

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

test("equal content is asked about once while it is remembered", async (t) => {
  const { fake, safety, metrics } = await setUp(t);
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await safety.screenText("violence6", NEVER)).kind, "blocked");
    assert.equal((await safety.screenImage(plainImage(64, 64, GREY), NEVER)).kind, "allowed");
  }
  assert.deepEqual(fake.counts, { text: 1, image: 1, other: 0 });
  const { values } = await metrics.cacheRequests.get();
  const outcomes = values.filter(({ labels }) => labels.cache === "screening");
  assert.deepEqual(Object.fromEntries(outcomes.map(({ labels, value }) => [labels.outcome, value])), {
    hit: 4,
    miss: 2,
  });
});

test("images of other edges or other pixels are other content", async (t) => {
  const { fake, safety } = await setUp(t);
  const changed = plainImage(1000, 700, GREY);
  changed.data[1_500_000] = 0;
  const images = [plainImage(1000, 700, GREY), plainImage(700, 1000, GREY), changed];
  for (const image of images) await safety.screenImage(image, NEVER);
  assert.equal(fake.counts.image, 3);
});

test("with no entries nothing is remembered", async (t) => {
  const { fake, safety } = await setUp(t, { CONTENT_SAFETY_CACHE_ENTRIES: "0" });
  await safety.screenText("a", NEVER);
  await safety.screenText("a", NEVER);
  assert.equal(fake.total, 2);
});

test("what was asked for the longest ago is forgotten first", async (t) => {
  const { fake, safety } = await setUp(t, { CONTENT_SAFETY_CACHE_ENTRIES: "2" });
  for (const text of ["a", "b", "a", "c", "a", "b"]) await safety.screenText(text, NEVER);
  assert.equal(fake.total, 4);
});

test("an answer is forgotten after its time", async (t) => {
  const { fake, safety } = await setUp(t, { CONTENT_SAFETY_CACHE_TTL_MS: "50" });
  await safety.screenText("a", NEVER);
  await sleep(80);
  await safety.screenText("a", NEVER);
  assert.equal(fake.total, 2);
});

test("who asks what is being asked waits with it, also without a cache", async (t) => {
  const { fake, safety, checks } = await setUp(t, { CONTENT_SAFETY_CACHE_ENTRIES: "0" });
  fake.delay(50);
  const verdicts = await Promise.all(Array.from({ length: 5 }, () => safety.screenText("hate6", NEVER)));
  for (const verdict of verdicts) assert.equal(verdict.kind, "blocked");
  assert.equal(fake.total, 1);
  assert.equal(await checks("text", "blocked"), 5);
});

test("the first to ask may leave: the others still get their answer", async (t) => {
  const { fake, safety } = await setUp(t);
  fake.delay(80);
  const first = new AbortController();
  const left = safety.screenText("hate6", first.signal);
  const stayed = safety.screenText("hate6", NEVER);
  await until(() => fake.inFlight === 1);
  first.abort();
  await assert.rejects(left, cancelled);
  assert.deepEqual(await stayed, { kind: "blocked", category: "Hate", severity: 6 });
  assert.equal(fake.total, 1);
});

test("when all have left, the request ends, and who comes then asks anew", { timeout: 20_000 }, async (t) => {
  const { fake, safety, checks } = await setUp(t, { CONTENT_SAFETY_TIMEOUT_MS: "120000" });
  fake.fail("no answer");
  const clients = [new AbortController(), new AbortController()];
  const left = clients.map(({ signal }) => safety.screenImage(plainImage(64, 64, GREY), signal));
  // Not only begun: a request that ends before it is read leaves its fault to the next one.
  await until(() => fake.requests.length === 1);
  for (const client of clients) client.abort();
  for (const check of left) await assert.rejects(check, cancelled);
  assert.deepEqual(await safety.screenImage(plainImage(64, 64, GREY), NEVER), { kind: "allowed" });
  await until(() => fake.inFlight === 0);
  assert.equal(fake.aborted, 1);
  assert.equal(fake.total, 2);
  assert.equal(await checks("image", "cancelled"), 2);
});

test("a client that has left already asks nothing", async (t) => {
  const { fake, safety } = await setUp(t);
  await assert.rejects(safety.screenText("a", AbortSignal.abort()), cancelled);
  await assert.rejects(safety.screenImage(plainImage(64, 64, GREY), AbortSignal.abort()), cancelled);
  assert.equal(fake.total, 0);
});

/** @file Load and outages: bounded concurrency and line, the breaker, and content that passes when the operator says so. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createBoundedEncoder } from "../../src/image/bounded-encoder.js";
import { startFakeContentSafety } from "../support/fake-content-safety.js";
import { GREY, NEVER, plainImage, setUpScreening, TEST_KEY } from "../support/screening.js";

async function setUp(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const variables = { CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_KEY: TEST_KEY, ...environment };
  return { fake, ...setUpScreening(variables) };
}

const unavailable = (error: unknown) =>
  error instanceof InpaintError && error.code === "SCREENING_UNAVAILABLE";

/** What must happen during a break has all of it. */
const BREAK_MS = 2000;
const BREAKER = { CONTENT_SAFETY_BREAKER_FAILURES: "3", CONTENT_SAFETY_BREAK_MS: String(BREAK_MS) };

test("no more requests are in flight than the setting says", async (t) => {
  const { fake, safety } = await setUp(t, { CONTENT_SAFETY_MAX_CONCURRENCY: "3" });
  fake.delay(10);
  const texts = Array.from({ length: 20 }, (_, i) => safety.screenText(`text ${i}`, NEVER));
  const images = Array.from({ length: 4 }, (_, i) => safety.screenImage(plainImage(60 + i, 60, GREY), NEVER));
  await Promise.all([...texts, ...images]);
  assert.equal(fake.maxInFlight, 3);
  assert.equal(fake.total, 24);
});

test("what finds the line full is refused at once, also by who lets content pass in an outage", async (t) => {
  const { fake, safety, log } = await setUp(t, {
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_ON_ERROR: "allow",
  });
  fake.delay(5);
  const results = await Promise.allSettled(
    Array.from({ length: 19 }, (_, i) => safety.screenText(`text ${i}`, NEVER)),
  );
  const refused = results.filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 2);
  assert.match(String(log.lines("content could not be screened")[0]?.reason), /too many checks wait/);
  assert.equal(fake.total, 17);
});

test("a client that leaves the line does not hold up who waits behind it", { timeout: 20_000 }, async (t) => {
  const { fake, safety } = await setUp(t, {
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_TIMEOUT_MS: "120000",
  });
  fake.delay(30);
  const first = safety.screenText("a", NEVER);
  const client = new AbortController();
  const left = ["b", "c"].map((text) => safety.screenText(text, client.signal));
  const behind = safety.screenText("violence6", NEVER);
  client.abort();
  for (const check of left) await assert.rejects(check, { code: "CANCELLED" });
  assert.equal((await first).kind, "allowed");
  assert.equal((await behind).kind, "blocked");
  assert.equal(fake.total, 2);
});

test("waiting in line counts against the deadline", async (t) => {
  const { fake, safety } = await setUp(t, {
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_TIMEOUT_MS: "300",
    CONTENT_SAFETY_BREAKER_FAILURES: "100",
  });
  fake.fail("no answer", Number.POSITIVE_INFINITY);
  const results = await Promise.allSettled(
    ["a", "b", "c", "d", "e", "f"].map((text) => safety.screenText(text, NEVER)),
  );
  for (const result of results) assert.ok(result.status === "rejected" && unavailable(result.reason));
  // The others were still in line when their time was over.
  assert.ok(fake.total <= 3, `${fake.total} requests`);
});

test("whose time is over in line was not asked: that passes in no case, because callers make the line", async (t) => {
  const { fake, safety, log, checks } = await setUp(t, {
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_TIMEOUT_MS: "600",
    CONTENT_SAFETY_ON_ERROR: "allow",
    CONTENT_SAFETY_BREAKER_FAILURES: "100",
  });
  fake.fail("no answer", Number.POSITIVE_INFINITY);
  const results = await Promise.allSettled(["a", "b", "c"].map((text) => safety.screenText(text, NEVER)));
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected"],
    "the first one was asked about, and got no answer",
  );
  assert.equal(await checks("text", "unscreened"), 1);
  assert.equal(
    log.lines("content could not be screened").filter(({ failure }) => failure === "crowded").length,
    2,
  );
});

test("after failures in a row the service is left alone; one trial brings it back", async (t) => {
  const { fake, safety, log, metrics } = await setUp(t, BREAKER);
  const level = async () => (await metrics.screeningBreaker.get()).values[0]?.value;
  fake.fail("empty object", Number.POSITIVE_INFINITY);
  for (const text of ["a", "b", "c"]) await assert.rejects(safety.screenText(text, NEVER), unavailable);
  assert.equal(fake.total, 3);
  assert.equal(await level(), 2);

  await assert.rejects(safety.screenImage(plainImage(64, 64, GREY), NEVER), (error: unknown) => {
    assert.ok(error instanceof InpaintError && error.code === "SCREENING_UNAVAILABLE");
    assert.ok(error.retryAfterMs !== undefined && error.retryAfterMs > 0 && error.retryAfterMs <= BREAK_MS);
    return true;
  });
  assert.equal(fake.total, 3, "a service that is left alone was asked");

  await log.logged("content safety breaker", 2);
  await assert.rejects(safety.screenText("d", NEVER), unavailable);
  await assert.rejects(safety.screenText("e", NEVER), unavailable);
  assert.equal(fake.total, 4, "one trial, and it failed");

  await log.logged("content safety breaker", 4);
  fake.recover();
  fake.delay(30);
  const verdicts = await Promise.all(["f", "g", "h"].map((text) => safety.screenText(text, NEVER)));
  assert.deepEqual(verdicts, Array(3).fill({ kind: "allowed" }));
  assert.equal(fake.total, 7);
  assert.equal(await level(), 0);
  assert.deepEqual(
    log.lines("content safety breaker").map(({ state }) => state),
    ["open", "half-open", "open", "half-open", "closed"],
  );
});

test("while the service is left alone, no image is encoded for it", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const encoder = createBoundedEncoder();
  let encoded = 0;
  const { safety } = setUpScreening(
    { CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_KEY: TEST_KEY, CONTENT_SAFETY_BREAKER_FAILURES: "1" },
    {
      encoder: {
        encodeWithin: (image, region, bounds) => {
          encoded += 1;
          return encoder.encodeWithin(image, region, bounds);
        },
      },
    },
  );
  fake.fail("empty object");
  for (const width of [60, 61, 62]) {
    await assert.rejects(safety.screenImage(plainImage(width, 60, GREY), NEVER), unavailable);
  }
  assert.equal(encoded, 1);
});

test("while one check tries the service, the others wait for it", async (t) => {
  const { fake, safety, log } = await setUp(t, BREAKER);
  fake.fail("empty object", 4);
  for (const text of ["a", "b", "c"]) await assert.rejects(safety.screenText(text, NEVER), unavailable);
  await log.logged("content safety breaker", 2);
  fake.delay(30);
  const results = await Promise.allSettled(["d", "e", "f"].map((text) => safety.screenText(text, NEVER)));
  assert.ok(results.every(({ status }) => status === "rejected"));
  assert.equal(fake.total, 4);
});

test("a trial whose client leaves keeps nobody from a service that is back", async (t) => {
  const { fake, safety, log } = await setUp(t, { ...BREAKER, CONTENT_SAFETY_ON_ERROR: "allow" });
  fake.fail("empty object", 3);
  for (const text of ["a", "b", "c"]) assert.equal((await safety.screenText(text, NEVER)).kind, "unscreened");
  await log.logged("content safety breaker", 2);
  fake.delay(30);
  for (let i = 0; i < 3; i += 1) {
    const client = new AbortController();
    const trial = safety.screenText(`left ${i}`, client.signal);
    const behind = i === 2 ? safety.screenText("violence6", NEVER) : undefined;
    while (fake.inFlight === 0) await sleep(1);
    client.abort();
    await assert.rejects(trial, { code: "CANCELLED" });
    if (behind !== undefined) assert.equal((await behind).kind, "blocked");
  }
  assert.deepEqual(
    log.lines("content safety breaker").map(({ state }) => state),
    ["open", "half-open", "closed"],
  );
});

test("a healthy service in front of which callers make a line is no outage", async (t) => {
  const { fake, safety, log, checks } = await setUp(t, {
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_TIMEOUT_MS: "4000",
    CONTENT_SAFETY_ON_ERROR: "allow",
    CONTENT_SAFETY_BREAKER_FAILURES: "1",
  });
  // The last one has a place for less than half of its time, which is less than an attempt may take.
  fake.delay(300);
  const results = await Promise.allSettled(
    ["a", "b", "c", "d", "e", "f", "g", "violence6 [[fault no answer]]"].map((text) =>
      safety.screenText(text, NEVER),
    ),
  );
  assert.equal(results.at(-1)?.status, "rejected");
  assert.equal(await checks("text", "unscreened"), 0);
  assert.deepEqual(log.lines("content safety breaker"), []);
  fake.delay(0);
  assert.equal((await safety.screenText("violence6", NEVER)).kind, "blocked");
});

test("a service whose rate callers exceed lets nothing pass and is asked on", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY, requestsPerSecond: 2 });
  const { safety, log, checks } = setUpScreening({
    CONTENT_SAFETY_ENDPOINT: fake.url,
    CONTENT_SAFETY_KEY: TEST_KEY,
    CONTENT_SAFETY_TIMEOUT_MS: "20000",
    CONTENT_SAFETY_ON_ERROR: "allow",
    CONTENT_SAFETY_BREAKER_FAILURES: "1",
  });
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) => safety.screenText(`text ${i}`, NEVER)),
  );
  const refused = results.filter(({ status }) => status === "rejected");
  assert.ok(refused.length > 0 && refused.length <= 10, `${refused.length} refused`);
  for (const result of refused) {
    assert.ok(result.status === "rejected" && unavailable(result.reason));
    assert.match(result.reason.message, /answered 429 TooManyRequests$/);
    assert.equal(result.reason.retryAfterMs, 1000);
  }
  assert.ok(fake.total > 12, "none was tried again");
  assert.equal(await checks("text", "unscreened"), 0);
  assert.deepEqual(log.lines("content safety breaker"), []);
});

test("an answer in between, a rejected input and a client that leaves do not open the breaker", async (t) => {
  const { fake, safety, log } = await setUp(t, { ...BREAKER, CONTENT_SAFETY_CACHE_ENTRIES: "0" });
  for (let i = 0; i < 4; i += 1) {
    fake.fail("400");
    await assert.rejects(safety.screenText(`rejected ${i}`, NEVER), unavailable);
  }
  for (let i = 0; i < 2; i += 1) {
    fake.fail("empty object", 2);
    await assert.rejects(safety.screenText("x", NEVER), unavailable);
    await assert.rejects(safety.screenText("y", NEVER), unavailable);
    assert.deepEqual(await safety.screenText("z", NEVER), { kind: "allowed" });
  }
  fake.delay(1000);
  for (let i = 0; i < 4; i += 1) {
    const client = new AbortController();
    const check = safety.screenText("left", client.signal);
    setImmediate(() => client.abort());
    await assert.rejects(check);
  }
  assert.deepEqual(log.lines("content safety breaker"), []);
});

test("content passes unscreened when the operator says so: counted, and logged without it", async (t) => {
  const { fake, safety, log, checks } = await setUp(t, {
    ...BREAKER,
    CONTENT_SAFETY_ON_ERROR: "allow",
    CONTENT_SAFETY_TIMEOUT_MS: "4000",
  });
  fake.fail("no answer", 2);
  assert.deepEqual(await safety.screenText("an unspeakable prompt", NEVER), { kind: "unscreened" });
  fake.recover();
  fake.fail("no category", 2);
  assert.deepEqual(await safety.screenImage(plainImage(64, 64, GREY), NEVER), { kind: "unscreened" });
  assert.deepEqual(await safety.screenText("one more", NEVER), { kind: "unscreened" });
  // and while the service is left alone
  assert.deepEqual(await safety.screenText("violence6", NEVER), { kind: "unscreened" });
  assert.equal(await checks("text", "unscreened"), 3);
  assert.equal(await checks("image", "unscreened"), 1);
  const warned = log.lines("content passes unscreened");
  assert.equal(warned.length, 4);
  assert.equal(warned[0]?.level, 40);
  assert.ok(!JSON.stringify(log.all).includes("unspeakable"));
});

test("what the service rejects does not pass, whatever the operator says", async (t) => {
  const { fake, safety } = await setUp(t, { CONTENT_SAFETY_ON_ERROR: "allow" });
  fake.fail("400");
  await assert.rejects(safety.screenText("odd", NEVER), unavailable);
  fake.fail("413");
  await assert.rejects(safety.screenImage(plainImage(64, 64, GREY), NEVER), unavailable);
});

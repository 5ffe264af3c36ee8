/** @file Verdicts of the real client over HTTP: what is asked, what blocks, and what is said of it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { Screener } from "../../src/scoring/ports.js";
import { type FakeContentSafetyOptions, startFakeContentSafety } from "../support/fake-content-safety.js";
import { GREY, NEVER, plainImage, RED, setUpScreening, TEST_KEY } from "../support/screening.js";

async function setUp(
  t: TestContext,
  environment: Readonly<Record<string, string>> = {},
  options: FakeContentSafetyOptions = {},
) {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY, ...options });
  const variables = { CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_KEY: TEST_KEY, ...environment };
  return { fake, ...setUpScreening(variables) };
}

test("a harmless prompt and image are allowed by one request each", async (t) => {
  const { fake, safety, checks } = await setUp(t);
  // what scoring asks for, by shape alone
  safety satisfies Screener;
  assert.deepEqual(await safety.screenText("a dog on a bench", NEVER), { kind: "allowed" });
  assert.deepEqual(await safety.screenImage(plainImage(64, 64, GREY), NEVER), { kind: "allowed" });
  assert.deepEqual(fake.counts, { text: 1, image: 1, other: 0 });
  assert.equal(fake.requests[0]?.hash, createHash("sha256").update("a dog on a bench").digest("hex"));
  assert.equal(await checks("text", "allowed"), 1);
  assert.equal(await checks("image", "allowed"), 1);
});

test("a text is blocked when a severity is over the threshold, and not at it", async (t) => {
  const { safety, checks } = await setUp(t);
  assert.deepEqual(await safety.screenText("violence4", NEVER), {
    kind: "blocked",
    category: "Violence",
    severity: 4,
  });
  assert.deepEqual(await safety.screenText("violence2 hate2", NEVER), { kind: "allowed" });
  assert.equal(await checks("text", "blocked"), 1);
});

test("the largest severity over its threshold is told", async (t) => {
  const { safety } = await setUp(t);
  const verdict = await safety.screenText("hate4 and sexual6", NEVER);
  assert.deepEqual(verdict, { kind: "blocked", category: "Sexual", severity: 6 });
});

test("an image is judged by what the real encoder sends of it", async (t) => {
  const { fake, safety } = await setUp(t);
  const verdict = await safety.screenImage(plainImage(512, 512, RED), NEVER);
  assert.deepEqual(verdict, { kind: "blocked", category: "Violence", severity: 6 });
  assert.deepEqual(fake.refusals, []);
});

for (const [width, height] of [
  [8, 8],
  [49, 51],
  [3000, 40],
  [1, 5000],
  [2048, 2048],
  [2600, 2100],
] as const) {
  test(`an image of ${width}×${height} is sent within the service's limits`, async (t) => {
    const { fake, safety } = await setUp(t);
    const verdict = await safety.screenImage(plainImage(width, height, RED), NEVER);
    assert.deepEqual(fake.refusals, []);
    assert.deepEqual(verdict, { kind: "blocked", category: "Violence", severity: 6 });
  });
}

/** Grey, and red in the columns from `left` to `right`. */
function redWithin(width: number, height: number, left: number, right: number) {
  const image = plainImage(width, height, GREY);
  for (let i = 0; i < width * height; i++) {
    if (i % width >= left && i % width < right) image.data.set(RED, 3 * i);
  }
  return image;
}

test("what a strip would hide when it is shrunk to the service's limits is found in a part of it", async (t) => {
  const { fake, safety } = await setUp(t);
  // The parts begin at 0, 3584, 7168 … and 15904: this red fills most of the last but one and half of the whole one.
  const strip = redWithin(20_000, 64, 14_336, 18_000);
  assert.deepEqual(await safety.screenImage(strip, NEVER), {
    kind: "blocked",
    category: "Violence",
    severity: 6,
  });
  assert.equal(fake.counts.image, 1 + 6);
  assert.deepEqual(fake.refusals, []);
});

test("a picture that is shrunk to half of its size at most is shown once", async (t) => {
  const { fake, safety } = await setUp(t);
  assert.equal((await safety.screenImage(plainImage(4096, 60, GREY), NEVER)).kind, "allowed");
  assert.equal(fake.counts.image, 1);
  assert.equal((await safety.screenImage(plainImage(60, 4097, GREY), NEVER)).kind, "allowed");
  assert.equal(fake.counts.image, 1 + 3, "the whole and two parts");
});

test("one part without a verdict leaves the whole picture without one", async (t) => {
  const { fake, safety } = await setUp(t);
  fake.fail("empty object", 1, "image");
  await assert.rejects(safety.screenImage(plainImage(9000, 60, GREY), NEVER), {
    code: "SCREENING_UNAVAILABLE",
  });
});

test("thresholds count by category", async (t) => {
  const { safety } = await setUp(t, {
    CONTENT_SAFETY_THRESHOLD: "4",
    CONTENT_SAFETY_THRESHOLD_HATE: "0",
    CONTENT_SAFETY_THRESHOLD_SELF_HARM: "6",
    CONTENT_SAFETY_THRESHOLD_SEXUAL: "1",
    CONTENT_SAFETY_THRESHOLD_VIOLENCE: "2",
  });
  const kindOf = async (text: string) => (await safety.screenText(text, NEVER)).kind;
  assert.equal(await kindOf("hate2"), "blocked");
  assert.equal(await kindOf("selfharm6"), "allowed");
  assert.equal(await kindOf("sexual2"), "blocked");
  assert.equal(await kindOf("violence2"), "allowed");
  assert.equal(await kindOf("violence4"), "blocked");
});

test("the common threshold counts where a category has none", async (t) => {
  const { safety } = await setUp(t, { CONTENT_SAFETY_THRESHOLD: "4" });
  for (const category of ["hate", "selfharm", "sexual", "violence"]) {
    assert.equal((await safety.screenText(`${category}4`, NEVER)).kind, "allowed");
    assert.equal((await safety.screenText(`${category}6`, NEVER)).kind, "blocked");
  }
});

test("a blocklist's hit blocks by itself", async (t) => {
  const blocklists = new Map([
    ["names", ["jane doe"]],
    ["brands", ["acme"]],
  ]);
  const { fake, safety } = await setUp(t, { CONTENT_SAFETY_BLOCKLISTS: "names,brands" }, { blocklists });
  const hit = { kind: "blocked", category: "Blocklist", severity: undefined };
  assert.deepEqual(await safety.screenText("a portrait of Jane Doe", NEVER), hit);
  assert.deepEqual(await safety.screenText("an ACME anvil", NEVER), hit);
  assert.deepEqual(await safety.screenText("a portrait", NEVER), { kind: "allowed" });
  assert.equal(fake.counts.text, 3);
});

test("blank text is allowed unasked", async (t) => {
  const { fake, safety } = await setUp(t);
  for (const blank of ["", "  ", "\n\t\u3000"]) {
    assert.deepEqual(await safety.screenText(blank, NEVER), { kind: "allowed" });
  }
  assert.equal(fake.total, 0);
});

test("a long text is sent in pieces, and what any of them holds counts", async (t) => {
  const { fake, safety } = await setUp(t);
  const long = (end: string) => `${"🙂 dog ".repeat(4000)}${end}`;
  assert.deepEqual(await safety.screenText(long("end"), NEVER), { kind: "allowed" });
  assert.equal(fake.counts.text, 3);
  assert.deepEqual(await safety.screenText(long("violence6"), NEVER), {
    kind: "blocked",
    category: "Violence",
    severity: 6,
  });
  assert.deepEqual(fake.refusals, []);
});

test("half a surrogate pair is sent as text", async (t) => {
  const { fake, safety } = await setUp(t);
  assert.equal((await safety.screenText("a \ud83d dog, violence6", NEVER)).kind, "blocked");
  assert.deepEqual(fake.refusals, []);
});

test("the service sees the key, a request id and no other word of the server's", async (t) => {
  const { fake, safety, log } = await setUp(t);
  await safety.screenText("violence6", NEVER);
  const headers = fake.requests[0]?.headers;
  assert.equal(headers?.["ocp-apim-subscription-key"], TEST_KEY);
  assert.match(String(headers?.["user-agent"]), /^inpaint-server azsdk-js-ai-content-safety-rest/);
  const blocked = log.lines("content blocked")[0];
  assert.equal(blocked?.screeningRequestId, headers?.["x-ms-client-request-id"]);
  assert.equal(blocked?.category, "Violence");
  assert.equal(blocked?.severity, 6);
  assert.equal(blocked?.content, "text");
});

test("no log line holds a prompt or the key", async (t) => {
  const { fake, safety, log } = await setUp(t);
  await safety.start(NEVER);
  await safety.screenText("unspeakable violence6", NEVER);
  fake.fail("400");
  await assert.rejects(safety.screenText("unspeakable thing", NEVER));
  fake.fail("broken json");
  await assert.rejects(safety.screenText("unspeakable other thing", NEVER));
  const lines = JSON.stringify(log.all);
  assert.ok(log.all.length >= 4, lines);
  assert.ok(!lines.includes("unspeakable") && !lines.includes(TEST_KEY), lines);
});

test("a service without a key is asked without one", async (t) => {
  const fake = await startFakeContentSafety(t);
  const { safety } = setUpScreening({ CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_AUTH: "none" });
  assert.equal((await safety.screenText("violence6", NEVER)).kind, "blocked");
  const headers = fake.requests[0]?.headers ?? {};
  assert.ok(!("ocp-apim-subscription-key" in headers) && !("authorization" in headers));
});

/** @file Every fault of the service × text and image: no verdict, in time, and nothing of the content in the log. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { FAULTS, type FaultName } from "../support/content-safety-faults.js";
import { type ContentKind, closedPortUrl, startFakeContentSafety } from "../support/fake-content-safety.js";
import { GREY, NEVER, plainImage, setUpScreening, TEST_KEY } from "../support/screening.js";

/** Requests that one check makes of it: the first and the repetitions. */
const ATTEMPTS: Readonly<Partial<Record<FaultName, number>>> = {
  "408": 3,
  "429": 3,
  "429 in ms": 3,
  "500": 3,
  "502 html": 3,
  "503": 3,
  reset: 3,
  "cut body": 3,
  // Five seconds to wait, and another five that would end after the deadline.
  "429 in seconds": 2,
};
const HARMLESS: readonly FaultName[] = ["extra category", "gzip"];
/** They end by the deadline alone. */
const STALLS: readonly FaultName[] = ["no answer", "headers then stall", "gzip then stall"];

const TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 6000;
/** One wait of five seconds fits into it, and not two. */
const ONE_WAIT_TIMEOUT_MS = 9500;

function timeoutMs(fault: FaultName): number {
  if (STALLS.includes(fault)) return STALL_TIMEOUT_MS;
  return fault === "429 in seconds" ? ONE_WAIT_TIMEOUT_MS : TIMEOUT_MS;
}

/** Far less than these faults would take without a deadline, and far more than a busy machine needs. */
const FAR_TOO_LATE_MS = 90_000;

const PROMPT = "an unspeakable prompt";
const IMAGE = plainImage(64, 64, GREY);

/** The error of one check, which must fail as an outage does. */
async function refusalOf(check: Promise<unknown>): Promise<InpaintError> {
  const error = await check.then(
    () => assert.fail("a verdict"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof InpaintError, String(error));
  assert.equal(error.code, "SCREENING_UNAVAILABLE");
  assert.equal(error.cause, undefined);
  return error;
}

const faultNames = Object.keys(FAULTS) as readonly FaultName[];

/** What callers can bring about is no outage, of which somebody would be told. */
const REFUSED = /^(?:400|413|429)\b/;

describe("a fault is no verdict", { concurrency: 16 }, () => {
  for (const kind of ["text", "image"] as const satisfies readonly ContentKind[]) {
    for (const fault of faultNames) {
      test(`${kind}: ${fault}`, { timeout: FAR_TOO_LATE_MS }, async (t) => {
        const fake = await startFakeContentSafety(t, { key: TEST_KEY });
        const stalls = STALLS.includes(fault);
        const { safety, log, checks } = setUpScreening({
          CONTENT_SAFETY_ENDPOINT: fake.url,
          CONTENT_SAFETY_KEY: TEST_KEY,
          CONTENT_SAFETY_TIMEOUT_MS: String(timeoutMs(fault)),
        });
        const screen = () =>
          kind === "text" ? safety.screenText(PROMPT, NEVER) : safety.screenImage(IMAGE, NEVER);
        fake.fail(fault, Number.POSITIVE_INFINITY);

        if (HARMLESS.includes(fault)) {
          assert.deepEqual(await screen(), { kind: "allowed" });
          assert.equal(fake.total, 1);
          return;
        }
        const refusal = await refusalOf(screen());
        assert.match(
          refusal.message,
          new RegExp(`^the ${kind} could not be screened: Azure AI Content Safety `),
        );
        if (stalls) assert.ok(fake.total >= 1 && fake.total <= 2, `${fake.total} attempts`);
        else assert.equal(fake.total, ATTEMPTS[fault] ?? 1);
        assert.deepEqual(fake.counts, { text: 0, image: 0, other: 0, [kind]: fake.total });
        assert.equal(await checks(kind, REFUSED.test(fault) ? "refused" : "unavailable"), 1);
        const lines = JSON.stringify(log.all);
        assert.equal(log.lines("content could not be screened").length, 1, lines);
        for (const secret of [PROMPT, TEST_KEY, "iVBOR"]) assert.ok(!lines.includes(secret), lines);

        // A time limit this short is none for a busy machine to answer in.
        if (stalls) return;
        fake.recover();
        assert.deepEqual(await screen(), { kind: "allowed" }, "a failure was remembered");
      });
    }
  }
});

for (const fault of ["429 at a date", "429 in an hour", "503 in an hour"] as const) {
  test(`${fault}: the caller is told to come back in a minute at most`, async (t) => {
    const fake = await startFakeContentSafety(t, { key: TEST_KEY });
    const { safety } = setUpScreening({
      CONTENT_SAFETY_ENDPOINT: fake.url,
      CONTENT_SAFETY_KEY: TEST_KEY,
    });
    fake.fail(fault);
    const { retryAfterMs } = await refusalOf(safety.screenText(PROMPT, NEVER));
    assert.ok(retryAfterMs !== undefined && retryAfterMs > 50_000 && retryAfterMs <= 60_000);
    assert.equal(fake.total, 1);
  });
}

test("an attempt that fails is made up for by one that does not", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const { safety } = setUpScreening({
    CONTENT_SAFETY_ENDPOINT: fake.url,
    CONTENT_SAFETY_KEY: TEST_KEY,
    CONTENT_SAFETY_TIMEOUT_MS: "60000",
  });
  for (const fault of ["429", "429 in ms", "503", "reset"] as const) {
    fake.fail(fault);
    assert.deepEqual(await safety.screenText(`after ${fault}, hate6`, NEVER), {
      kind: "blocked",
      category: "Hate",
      severity: 6,
    });
  }
  assert.equal(fake.total, 8);
});

test("a service that is not there is no verdict", async () => {
  const { safety } = setUpScreening({
    CONTENT_SAFETY_ENDPOINT: await closedPortUrl(),
    CONTENT_SAFETY_KEY: TEST_KEY,
  });
  const { message } = await refusalOf(safety.screenText(PROMPT, NEVER));
  assert.match(message, /cannot be reached \(ECONNREFUSED\)$/);
});

test("a wrong key is no verdict, and is not repeated", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const { safety } = setUpScreening({ CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_KEY: "another" });
  await refusalOf(safety.screenImage(IMAGE, NEVER));
  assert.equal(fake.total, 1);
});

test("redirects are not followed: the key goes to no other path", async (t) => {
  for (const fault of ["302", "303", "307"] as const) {
    const fake = await startFakeContentSafety(t, { key: TEST_KEY });
    const { safety } = setUpScreening({ CONTENT_SAFETY_ENDPOINT: fake.url, CONTENT_SAFETY_KEY: TEST_KEY });
    fake.fail(fault);
    await refusalOf(safety.screenText(PROMPT, NEVER));
    assert.deepEqual(fake.counts, { text: 1, image: 0, other: 0 });
  }
});

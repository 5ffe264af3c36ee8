/** @file A managed identity instead of a key: tokens from Azure ML's endpoint, sent over TLS only. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, type TestContext, test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { startFakeContentSafety, testCertificate } from "../support/fake-content-safety.js";
import { startFakeIdentity } from "../support/fake-identity.js";
import { NEVER, setUpScreening } from "../support/screening.js";

// The library reads these once in a process, and remembers tokens by client id: each test has an id of its own.
const identity = await startFakeIdentity({ after });
process.env.MSI_ENDPOINT = identity.url;
process.env.MSI_SECRET = identity.secret;

interface SetUpOptions {
  /** "": the machine's own identity. */
  readonly clientId?: string;
  readonly trusted?: boolean;
  readonly timeoutMs?: number;
}

async function setUp(
  t: TestContext,
  { clientId = randomUUID(), trusted = true, timeoutMs = 60_000 }: SetUpOptions = {},
) {
  identity.mode = "token";
  identity.lifetimeSeconds = 86_400;
  identity.asked.length = 0;
  identity.tokens.clear();
  const fake = await startFakeContentSafety(t, { tokens: identity.tokens, tls: true });
  const environment = {
    CONTENT_SAFETY_ENDPOINT: fake.url,
    CONTENT_SAFETY_AUTH: "identity",
    CONTENT_SAFETY_TIMEOUT_MS: String(timeoutMs),
    ...(clientId === "" ? {} : { UAI_CLIENT_ID: clientId }),
  };
  const screening = setUpScreening(environment, trusted ? { ca: await testCertificate() } : {});
  return { fake, clientId, ...screening };
}

const refusedAs = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InpaintError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test("a user-assigned identity's token is asked for once, and sent as a bearer token", async (t) => {
  const { fake, safety, clientId, log } = await setUp(t);
  await safety.start(NEVER);
  assert.equal((await safety.screenText("violence6", NEVER)).kind, "blocked");
  assert.deepEqual(identity.asked, [clientId]);
  const [token = ""] = identity.tokens;
  assert.equal(fake.requests[1]?.headers.authorization, `Bearer ${token}`);
  assert.ok(!("ocp-apim-subscription-key" in (fake.requests[1]?.headers ?? {})));
  assert.ok(!JSON.stringify(log.all).includes(token));
});

test("without UAI_CLIENT_ID the identity is the machine's own", async (t) => {
  const { safety } = await setUp(t, { clientId: "" });
  assert.equal((await safety.screenText("violence6", NEVER)).kind, "blocked");
  assert.deepEqual(identity.asked, [undefined]);
});

test("a certificate that nobody vouches for: not a byte of content is sent, and there is no start", async (t) => {
  const { fake, safety } = await setUp(t, { trusted: false });
  await assert.rejects(
    safety.screenText("secret", NEVER),
    refusedAs("SCREENING_UNAVAILABLE", /DEPTH_ZERO_SELF_SIGNED_CERT/),
  );
  await assert.rejects(safety.start(NEVER), refusedAs("INVALID_SETTING", /DEPTH_ZERO_SELF_SIGNED_CERT/));
  assert.equal(fake.total, 0);
});

test("a token that is good no more is no verdict", async (t) => {
  const { fake, safety } = await setUp(t);
  await safety.start(NEVER);
  identity.expireAll();
  await assert.rejects(safety.screenText("a dog", NEVER), refusedAs("SCREENING_UNAVAILABLE", /answered 401/));
  assert.equal(fake.counts.text, 2);
});

test("a token about to end is replaced before it is used", async (t) => {
  const { safety } = await setUp(t);
  identity.lifetimeSeconds = 60;
  await safety.screenText("one", NEVER);
  identity.lifetimeSeconds = 86_400;
  await safety.screenText("two", NEVER);
  assert.ok(identity.asked.length >= 2, `${identity.asked.length} tokens asked for`);
});

test("a token endpoint that does not answer is no verdict within the deadline", async (t) => {
  const { fake, safety } = await setUp(t, { timeoutMs: 400 });
  identity.mode = "silent";
  await assert.rejects(
    safety.screenText("a dog", NEVER),
    refusedAs("SCREENING_UNAVAILABLE", /within \d+ ms/),
  );
  assert.equal(fake.total, 0);
});

test("an identity that does not exist stops the start", async (t) => {
  const { fake, safety } = await setUp(t);
  identity.mode = "refused";
  await assert.rejects(safety.start(NEVER), refusedAs("INVALID_SETTING", /managed identity.*UAI_CLIENT_ID/));
  assert.equal(fake.total, 0);
});

test("a token endpoint with a fault is no verdict within the deadline", async (t) => {
  const { fake, safety } = await setUp(t, { timeoutMs: 400 });
  identity.mode = "500";
  await assert.rejects(safety.screenText("a dog", NEVER), refusedAs("SCREENING_UNAVAILABLE", /./));
  assert.equal(fake.total, 0);
  // The library goes on asking by itself for some seconds: now it gets what it wants.
  identity.mode = "token";
});

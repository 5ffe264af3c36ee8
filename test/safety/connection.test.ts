/** @file Settings that cannot work, and what the service says at the start: found before the first request. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { connectionOf } from "../../src/safety/connection.js";
import { failureOfError } from "../../src/safety/service-failure.js";
import { refusalToStart } from "../../src/safety/start-refusal.js";
import type { FaultName } from "../support/content-safety-faults.js";
import { closedPortUrl, listenLocally, startFakeContentSafety } from "../support/fake-content-safety.js";
import { NEVER, settingsOf, setUpScreening, TEST_KEY } from "../support/screening.js";

const CLIENT_ID = "01234567-89ab-cdef-0123-456789abcdef";
const HTTPS = { CONTENT_SAFETY_ENDPOINT: "https://a.cognitiveservices.azure.com" };
const HTTP = { CONTENT_SAFETY_ENDPOINT: "http://content-safety.internal:5000" };

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InpaintError, String(error));
  assert.equal(error.code, "INVALID_SETTING");
  assert.match(error.message, message);
  assert.ok(!error.message.includes(TEST_KEY));
  return true;
};

test("an endpoint needs a key or an identity", () => {
  assert.throws(
    () => connectionOf(settingsOf(HTTPS)),
    refused(/neither CONTENT_SAFETY_KEY nor UAI_CLIENT_ID/),
  );
  assert.throws(
    () => connectionOf(settingsOf({ ...HTTPS, CONTENT_SAFETY_AUTH: "key", UAI_CLIENT_ID: CLIENT_ID })),
    refused(/CONTENT_SAFETY_KEY is not set/),
  );
});

test("the key wins over the identity, unless the setting says otherwise", () => {
  const both = { ...HTTPS, CONTENT_SAFETY_KEY: TEST_KEY, UAI_CLIENT_ID: CLIENT_ID };
  const usesToken = (environment: Record<string, string>) => {
    const credential = connectionOf(settingsOf(environment)).credential;
    assert.ok(credential !== undefined);
    return "getToken" in credential;
  };
  assert.equal(usesToken(both), false);
  assert.equal(usesToken({ ...both, CONTENT_SAFETY_AUTH: "key" }), false);
  assert.equal(usesToken({ ...both, CONTENT_SAFETY_AUTH: "identity" }), true);
  assert.equal(usesToken({ ...HTTPS, UAI_CLIENT_ID: CLIENT_ID }), true);
  assert.equal(usesToken({ ...HTTPS, CONTENT_SAFETY_AUTH: "identity" }), true);
});

test("over http a key goes to this machine only, and a token nowhere", () => {
  for (const host of ["127.0.0.1:5000", "localhost", "[::1]:80"]) {
    const environment = { CONTENT_SAFETY_ENDPOINT: `http://${host}`, CONTENT_SAFETY_KEY: TEST_KEY };
    assert.equal(connectionOf(settingsOf(environment)).insecure, true);
  }
  for (const host of ["127.0.0.1.example.com", "127.example.com", "localhost.example.com", "10.0.0.1"]) {
    const environment = { CONTENT_SAFETY_ENDPOINT: `http://${host}`, CONTENT_SAFETY_KEY: TEST_KEY };
    assert.throws(() => connectionOf(settingsOf(environment)), refused(/readable on the way/));
  }
  assert.throws(
    () => connectionOf(settingsOf({ CONTENT_SAFETY_ENDPOINT: "http://localhost", UAI_CLIENT_ID: CLIENT_ID })),
    refused(/over https only/),
  );
});

test("over http to this machine no proxy comes between, whatever the environment names", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const seen: unknown[] = [];
  const proxy = await listenLocally(t, (request, response) => {
    seen.push(request.headers["ocp-apim-subscription-key"]);
    response.writeHead(502).end();
  });
  process.env.HTTP_PROXY = proxy;
  t.after(() => delete process.env.HTTP_PROXY);
  const environment = { CONTENT_SAFETY_KEY: TEST_KEY, CONTENT_SAFETY_ENDPOINT: fake.url };
  assert.equal((await setUpScreening(environment).safety.screenText("violence6", NEVER)).kind, "blocked");
  assert.deepEqual(seen, []);
  const elsewhere = { CONTENT_SAFETY_AUTH: "none", CONTENT_SAFETY_ENDPOINT: "http://container.invalid" };
  await assert.rejects(setUpScreening(elsewhere).safety.screenText("violence6", NEVER), /answered 502/);
  assert.ok(seen.length > 0, "the proxy that the environment names is used elsewhere");
});

test("a container that needs no key may be anywhere", () => {
  const connection = connectionOf(settingsOf({ ...HTTP, CONTENT_SAFETY_AUTH: "none" }));
  assert.deepEqual(connection, {
    endpoint: "http://content-safety.internal:5000",
    credential: undefined,
    insecure: true,
    direct: false,
  });
});

test("an endpoint that is no address is refused before it is used", () => {
  for (const value of [
    "a.cognitiveservices.azure.com",
    "ftp://a",
    "https://",
    "https://a/contentsafety",
    "https://a?x=1",
    "https://user@a",
    "https://a:99999",
  ]) {
    assert.throws(
      () => connectionOf(settingsOf({ CONTENT_SAFETY_ENDPOINT: value, CONTENT_SAFETY_KEY: TEST_KEY })),
      refused(/^CONTENT_SAFETY_ENDPOINT is /),
      value,
    );
  }
});

const STOPS: readonly (readonly [FaultName, RegExp])[] = [
  ["400", /400 InvalidRequestBody; check the names in CONTENT_SAFETY_BLOCKLISTS$/],
  ["401", /401.*check CONTENT_SAFETY_KEY/],
  ["403", /403.*Cognitive Services User/],
  ["404", /404.*check CONTENT_SAFETY_ENDPOINT$/],
  ["307", /307.*check CONTENT_SAFETY_ENDPOINT$/],
  ["html 200", /no verdict; check CONTENT_SAFETY_ENDPOINT$/],
];
for (const [fault, message] of STOPS) {
  test(`a service that answers the first check with ${fault} stops the start`, async (t) => {
    const fake = await startFakeContentSafety(t, { key: TEST_KEY });
    const { safety } = setUpScreening({
      CONTENT_SAFETY_ENDPOINT: fake.url,
      CONTENT_SAFETY_KEY: TEST_KEY,
      CONTENT_SAFETY_ON_ERROR: "allow",
    });
    fake.fail(fault);
    await assert.rejects(safety.start(NEVER), refused(message));
    assert.equal(fake.total, 1);
  });
}

test("a host that does not exist stops the start, a name server that does not answer does not", () => {
  const named = (code: string) =>
    refusalToStart(failureOfError(Object.assign(new Error(`getaddrinfo ${code} ${TEST_KEY}`), { code })));
  assert.ok(refused(/ENOTFOUND.*check CONTENT_SAFETY_ENDPOINT/)(named("ENOTFOUND")));
  assert.equal(named("EAI_AGAIN"), undefined);
});

test("an outage does not stop the start, and nothing passes until it is over", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const { safety, log } = setUpScreening({
    CONTENT_SAFETY_ENDPOINT: fake.url,
    CONTENT_SAFETY_KEY: TEST_KEY,
    CONTENT_SAFETY_TIMEOUT_MS: "1500",
  });
  fake.fail("503 in an hour", 2);
  await safety.start(NEVER);
  assert.equal(log.lines("content safety does not answer yet")[0]?.reason, "answered 503 ServerBusy");
  await assert.rejects(safety.screenText("a", NEVER), /could not be screened/);
  assert.deepEqual(await safety.screenText("a", NEVER), { kind: "allowed" });
});

test("a container that starts later does not stop the start", async () => {
  const { safety, log } = setUpScreening({
    CONTENT_SAFETY_ENDPOINT: await closedPortUrl(),
    CONTENT_SAFETY_AUTH: "none",
  });
  await safety.start(NEVER);
  assert.equal(log.lines("content safety does not answer yet").length, 1);
});

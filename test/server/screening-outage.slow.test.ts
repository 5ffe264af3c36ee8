/** @file Servers while their content safety service is away: at the start, in the middle of a request, and at the end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  closedPortUrl,
  startFakeContentSafety,
  TEST_CERTIFICATE_PATH,
} from "../support/fake-content-safety.js";
import { startFakeIdentity } from "../support/fake-identity.js";
import { isRunning } from "../support/process-state.js";
import {
  assertNothingTold,
  harmlessRow,
  rowsRequest,
  startReadyScreenedServer,
  startScreenedServer,
  untilReady,
} from "../support/screened-server.js";
import { TEST_KEY } from "../support/screening.js";
import { messageOf, startServer } from "../support/server-process.js";

const isMade = (text: string) => /"generated_image":"iVBOR.*"nsfw_content_detected":false/.test(text);

test("a service that is down at the start: ready once it was asked, 503 until it is back", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  fake.fail("503", Number.POSITIVE_INFINITY);
  fake.delay(1000);
  const server = await startScreenedServer(t, fake, {
    CONTENT_SAFETY_TIMEOUT_MS: "8000",
    CONTENT_SAFETY_BREAKER_FAILURES: "1000",
  });
  await server.process.workerReady();
  while (fake.total === 0) await sleep(10);
  const early = await server.get("/health/ready");
  assert.equal(early.status, 503);
  assert.equal(
    server.process.records.some(({ msg }) => msg === "content safety does not answer yet"),
    false,
    "all of it while the first check was under way",
  );
  await server.process.logged(({ msg }) => msg === "content safety does not answer yet");
  await untilReady(server);
  fake.delay(0);
  const refused = await server.score(rowsRequest([harmlessRow()]));
  assert.equal(refused.status, 503);
  assert.match(
    messageOf(refused),
    /^the (text|image) could not be screened: Azure AI Content Safety answered 503 /,
  );
  assert.equal(await server.metric("inpaint_unet_calls_total"), 0);
  fake.recover();
  const reply = await server.score(rowsRequest([harmlessRow()]));
  assert.ok(isMade(reply.text), reply.text.slice(0, 200));
});

test("a port that refuses connections: the server starts, and refuses until the breaker lets it ask again", async (t) => {
  const server = await startScreenedServer(
    t,
    { url: await closedPortUrl() },
    {
      CONTENT_SAFETY_BREAKER_FAILURES: "2",
      CONTENT_SAFETY_BREAK_MS: "600000",
    },
  );
  await untilReady(server);
  const messages = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const reply = await server.score(rowsRequest([harmlessRow()]));
    assert.equal(reply.status, 503);
    messages.add(messageOf(reply).replace(/^the (text|image) /, ""));
  }
  const last = await server.score(rowsRequest([harmlessRow()]));
  assert.match(messageOf(last), /failed again and again, and is left alone for a while$/);
  const retryAfter = Number(last.headers.get("retry-after"));
  assert.ok(retryAfter > 500 && retryAfter <= 600, `${retryAfter}`);
  assert.ok(
    [...messages].some((message) => message.endsWith("cannot be reached (ECONNREFUSED)")),
    [...messages].join(),
  );
  assert.equal(await server.metric("inpaint_screening_breaker_state"), 2);
  assert.equal((await server.get("/health/ready")).status, 200, "an outage takes no replica out");
});

test("SIGTERM while the start's check hangs: exit code 0 at once, and no worker left", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  fake.fail("no answer", Number.POSITIVE_INFINITY);
  const server = await startScreenedServer(t, fake, { CONTENT_SAFETY_TIMEOUT_MS: "120000" });
  const workerPid = await server.process.workerReady();
  while (fake.inFlight === 0) await sleep(10);
  assert.equal((await server.get("/health/ready")).status, 503);
  const { code, signal, stderr } = await server.process.stop();
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  assert.equal(await isRunning(workerPid), false);
});

test("SIGTERM while a request's check hangs: 503, exit code 0, nothing was made", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const server = await startReadyScreenedServer(t, fake, { CONTENT_SAFETY_TIMEOUT_MS: "2000" });
  const reply = server.score(rowsRequest([harmlessRow({ prompt: "[[fault no answer]]" })]));
  while ((await server.metric("inpaint_jobs_admitted")) === 0) await sleep(10);
  server.process.kill("SIGTERM");
  const { status, text, headers } = await reply;
  t.diagnostic(text);
  assert.equal(status, 503);
  assert.match(text, /^\{"message":"[^"]+"\}$/);
  assert.ok(Number(headers.get("retry-after")) >= 1);
  const { code, signal, stderr } = await server.process.exited;
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
});

test("SIGTERM while a result is screened: it is answered once there is a verdict", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const server = await startReadyScreenedServer(t, fake);
  fake.delay(300);
  const reply = server.score(rowsRequest([harmlessRow()]));
  while ((await server.metric("inpaint_unet_calls_total")) === 0) await sleep(10);
  fake.delay(1500);
  server.process.kill("SIGTERM");
  const { status, text } = await reply;
  assert.equal(status, 200, text.slice(0, 200));
  assert.ok(isMade(text), text.slice(0, 200));
  assert.equal((await server.process.exited).code, 0);
});

test("a managed identity asks over TLS", async (t) => {
  const identity = await startFakeIdentity(t);
  const fake = await startFakeContentSafety(t, { tls: true, tokens: identity.tokens });
  const server = await startServer(t, {
    CONTENT_SAFETY_ENDPOINT: fake.url,
    UAI_CLIENT_ID: "6f1d52bc-7c1b-4a5e-9c7e-1f6f0c6f7a10",
    MSI_ENDPOINT: identity.url,
    MSI_SECRET: identity.secret,
    NODE_EXTRA_CA_CERTS: TEST_CERTIFICATE_PATH,
    CONTENT_SAFETY_CACHE_ENTRIES: "0",
  });
  await untilReady(server);
  const blocked = await server.score(rowsRequest([harmlessRow({ prompt: "violence4" })]));
  assert.equal(blocked.text, "{}");
  const passed = await server.score(rowsRequest([harmlessRow()]));
  assert.match(passed.text, /"generated_image":"iVBOR.*"nsfw_content_detected":false/);
  assert.deepEqual(identity.asked, ["6f1d52bc-7c1b-4a5e-9c7e-1f6f0c6f7a10"]);
  const tokens = [...identity.tokens];
  assert.equal(tokens.length, 1);

  // A token that is good no more brings no verdict.
  identity.expireAll();
  const refused = await server.score(rowsRequest([harmlessRow({ prompt: "another" })]));
  assert.equal(refused.status, 503);
  await assertNothingTold(server, [identity.secret, ...tokens]);
});

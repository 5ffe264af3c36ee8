/** @file Starts with a content safety service that cannot be used as it is configured: the server does not serve. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ServerProcess } from "../../src/bin/server-process.js";
import { FakeContentSafety, listenLocally, startFakeContentSafety } from "../support/fake-content-safety.js";
import { endedWithin } from "../support/process-state.js";
import { TEST_KEY } from "../support/screening.js";
import { TEST_ENVIRONMENT } from "../support/server-process.js";

const WRONG_KEY = "fedcba9876543210fedcba9876543210";

interface Case {
  readonly environment: Readonly<Record<string, string>>;
  /** The whole of stderr. */
  readonly reason: RegExp;
  readonly listens: boolean;
}

/** Starts a server to its end, asking it all the while whether it is ready. */
async function assertRefusesToStart(t: TestContext, { environment, reason, listens }: Case): Promise<void> {
  const server = new ServerProcess({ ...TEST_ENVIRONMENT, ...environment });
  t.after(() => server.kill("SIGKILL"));
  const ended = server.exited.then(() => undefined);
  const url = await Promise.race([server.listening().catch(() => undefined), ended]);
  assert.equal(url !== undefined, listens);
  let running = true;
  const over = ended.then(() => {
    running = false;
  });
  while (url !== undefined && running) {
    const reply = fetch(`${url}/health/ready`).catch(() => undefined);
    const status = (await Promise.race([reply, ended]))?.status;
    assert.notEqual(status, 200, "it is ready");
  }
  await over;
  const { code, stderr } = await server.exited;
  assert.equal(code, 1);
  assert.match(stderr, reason);
  assert.ok(!stderr.includes("\n"), stderr);
  const told = stderr + server.records.map((record) => JSON.stringify(record)).join("\n");
  for (const key of [WRONG_KEY, TEST_KEY]) assert.ok(!told.includes(key), stderr);
  for (const { workerPid } of server.records) {
    if (typeof workerPid === "number") assert.ok(await endedWithin(workerPid, 60_000), "a worker is left");
  }
}

test("a key that the service does not take", async (t) => {
  const { url } = await startFakeContentSafety(t, { key: TEST_KEY });
  await assertRefusesToStart(t, {
    environment: { CONTENT_SAFETY_ENDPOINT: url, CONTENT_SAFETY_KEY: WRONG_KEY },
    reason:
      /^inpaint-server: content safety is configured but cannot be used: it answered 401 401: it does not accept the key or identity; check CONTENT_SAFETY_KEY, or that the endpoint is the key's own$/,
    listens: true,
  });
});

test("an address where something else answers", async (t) => {
  const url = await listenLocally(t, (_request, response) => response.writeHead(404).end());
  await assertRefusesToStart(t, {
    environment: { CONTENT_SAFETY_ENDPOINT: url, CONTENT_SAFETY_KEY: TEST_KEY },
    reason: /^inpaint-server: [^\n]* it answered 404; check CONTENT_SAFETY_ENDPOINT$/,
    listens: true,
  });
});

test("a blocklist that the service does not know", async (t) => {
  const { url } = await new FakeContentSafety({ key: TEST_KEY }).listen(t);
  await assertRefusesToStart(t, {
    environment: {
      CONTENT_SAFETY_ENDPOINT: url,
      CONTENT_SAFETY_KEY: TEST_KEY,
      CONTENT_SAFETY_BLOCKLISTS: "no-such-list",
    },
    reason:
      /^inpaint-server: [^\n]* it answered 400 InvalidRequestBody; check the names in CONTENT_SAFETY_BLOCKLISTS$/,
    listens: true,
  });
});

for (const [what, environment, reason] of [
  [
    "an address without a key or an identity",
    { CONTENT_SAFETY_ENDPOINT: "https://safety.example" },
    /neither CONTENT_SAFETY_KEY nor UAI_CLIENT_ID is: set one of them/,
  ],
  [
    "a key without an address",
    { CONTENT_SAFETY_KEY: WRONG_KEY },
    /CONTENT_SAFETY_KEY is set without CONTENT_SAFETY_ENDPOINT: nothing would be screened$/,
  ],
  [
    "a key over http to another machine",
    { CONTENT_SAFETY_ENDPOINT: "http://safety.example", CONTENT_SAFETY_KEY: WRONG_KEY },
    /CONTENT_SAFETY_ENDPOINT is http and not on this machine/,
  ],
  [
    "an address with a path",
    { CONTENT_SAFETY_ENDPOINT: "https://safety.example/contentsafety", CONTENT_SAFETY_KEY: WRONG_KEY },
    /CONTENT_SAFETY_ENDPOINT/,
  ],
] as const) {
  test(what, (t) => assertRefusesToStart(t, { environment, reason, listens: false }));
}

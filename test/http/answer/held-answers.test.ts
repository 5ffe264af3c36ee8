/** @file Finished answers that nobody reads: they count, and beyond the limit nothing new is taken until they go. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { connections } from "../../support/raw-connection.js";
import { assertRefused, build, JSON_TYPE, post } from "../test-app.js";

/** Larger than what the system takes for a client that reads nothing. */
const ROWS = Array.from({ length: 8 }, () => ({
  prompt: "p",
  generated_image: "A".repeat(5_000_000),
  nsfw_content_detected: null,
}));
const BYTES = 40_000_000;

function buildWith(t: TestContext, env: Record<string, string>) {
  const connect = connections(t);
  const { app, metrics } = build(t, {
    env,
    scorer: {
      score: async (_body, { observer }) => {
        observer?.onBegun();
        return { rows: ROWS, seeds: [], warnings: [], failures: [], blocked: false };
      },
    },
  });
  const held = async () => (await metrics.httpHeldResponseBytes.get()).values[0]?.value;
  return { app, held, connect };
}

for (const accept of ["application/json", "text/event-stream"]) {
  test(`an answer of ${accept} that is not read keeps others out, until its reader goes`, async (t) => {
    const { app, held, connect } = buildWith(t, { MAX_HELD_RESPONSE_BYTES: String(BYTES - 1) });
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const slow = connect(Number(port));
    slow.socket.pause();
    await slow.send(
      `POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: ${accept}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    while ((await held()) !== BYTES) await setImmediate();
    const refused = await post(app, "{}");
    assertRefused(
      refused,
      429,
      `clients have not read ${BYTES} bytes of their answers; at most ${BYTES - 1} may wait`,
    );
    assert.equal(refused.headers["retry-after"], "5");
    assert.equal((await app.inject("/health/ready")).statusCode, 200);
    slow.socket.destroy();
    while ((await held()) !== 0) await setImmediate();
    assert.equal((await post(app, "{}")).statusCode, 200);
    assert.equal(await held(), 0);
  });
}

test("an answer may be as large as the limit, and another comes beside it", async (t) => {
  const { app, held, connect } = buildWith(t, { MAX_HELD_RESPONSE_BYTES: String(BYTES) });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const slow = connect(Number(port));
  slow.socket.pause();
  await slow.send(
    `POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_TYPE["content-type"]}\r\nContent-Length: 2\r\n\r\n{}`,
  );
  while ((await held()) !== BYTES) await setImmediate();
  assert.equal((await post(app, "{}")).statusCode, 200);
  assert.equal(await held(), BYTES);
});

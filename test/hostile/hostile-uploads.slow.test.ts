/** @file Bodies of 100 MB to a real server, over its limit and below a raised one: documented answers, flat memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connections, type RawConnection } from "../support/raw-connection.js";
import { startReadyServer } from "../support/server-process.js";
import { MemoryWatch } from "./memory-watch.js";

const MEGABYTE = Buffer.alloc(1_000_000, "A");
const MEGABYTES = 100;
const ROUNDS = 5;
const POST = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const BEFORE = '{"instances":[{"prompt":"a","image":"';
const AFTER = '","mask_image":""}]}';
const LENGTH = BEFORE.length + MEGABYTES * MEGABYTE.length + AFTER.length;

async function sendAnnounced(client: RawConnection): Promise<void> {
  await client.send(`${POST}Content-Length: ${LENGTH}\r\n\r\n${BEFORE}`);
  for (let i = 0; i < MEGABYTES; i++) await client.send(MEGABYTE);
  await client.send(AFTER);
}

async function sendChunked(client: RawConnection): Promise<void> {
  const chunk = async (bytes: string | Buffer) => {
    await client.send(`${bytes.length.toString(16)}\r\n`);
    await client.send(bytes);
    await client.send("\r\n");
  };
  await client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
  await chunk(BEFORE);
  for (let i = 0; i < MEGABYTES; i++) await chunk(MEGABYTE);
  await chunk(AFTER);
  await client.send("0\r\n\r\n");
}

for (const [what, limit, answer, maxGrowthMebibytes] of [
  ["over the limit", "33554432", /^HTTP\/1\.1 413 [\s\S]*at most 33554432 bytes are accepted\."\}$/, 100],
  // Twice the body: what is garbage is collected when it is time.
  [
    "below a raised limit",
    "120000000",
    /^HTTP\/1\.1 400 [\s\S]*instances\[0\]\.image: not an image \(begins with bytes 00 00[^"]*"\}$/,
    200,
  ],
] as const) {
  test(`bodies of ${MEGABYTES} MB ${what}, announced and in chunks`, async (t) => {
    const connect = connections(t);
    const server = await startReadyServer(t, { MAX_BODY_BYTES: limit });
    const memory = new MemoryWatch(server.process.pid);
    for (let round = 0; round < ROUNDS; round++) {
      for (const send of [sendAnnounced, sendChunked]) {
        const client = connect(Number(new URL(server.url).port));
        await send(client);
        await client.until(answer);
        client.socket.end();
        memory.sample();
      }
    }
    t.diagnostic(memory.assertFlat(maxGrowthMebibytes));
    assert.equal(await server.metric("inpaint_http_upload_bytes"), 0);
    assert.equal((await server.get("/health/ready")).status, 200);
  });
}

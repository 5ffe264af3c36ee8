/** @file How large, how long and how many: the caps of one image, of one request and of all requests. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { createDeferred } from "../../src/async/deferred.js";
import { GatheredBytes } from "../../src/remote-images/read-body.js";
import { client, fetchOne, never, serve } from "./image-server.js";

const MAX = { IMAGE_URL_MAX_BYTES: "1024" };

test("an image of the largest size is fetched; one byte more is refused, announced or not", async (t) => {
  const port = await serve(t, (request, response) => {
    const [, bytes, announced] = request.url?.split("/") ?? [];
    if (announced === "announced") response.setHeader("content-length", Number(bytes));
    else response.flushHeaders();
    response.end(Buffer.alloc(Number(bytes), "a"));
  });
  const images = client([port], MAX);
  const url = (path: string) => `http://127.0.0.1:${port}/${path}`;
  assert.equal(await fetchOne(images, url("1024/announced")), "a".repeat(1024));
  assert.equal(await fetchOne(images, url("1024")), "a".repeat(1024));
  const message = `http://127.0.0.1:${port}/…: is larger than 1024 bytes`;
  await assert.rejects(fetchOne(images, url("1025/announced")), { code: "INVALID_INPUT", message });
  await assert.rejects(fetchOne(images, url("1025")), { code: "INVALID_INPUT", message });
});

test("a size that is announced as too large is refused before a byte of the body came, and the connection closed", async (t) => {
  const closed = createDeferred<void>();
  const port = await serve(t, (_request, response) => {
    response.on("close", closed.resolve);
    response.writeHead(200, { "content-length": 1025 });
    response.flushHeaders(); // and never a body
  });
  await assert.rejects(fetchOne(client([port], MAX), `http://127.0.0.1:${port}/`), {
    message: /larger than 1024 bytes$/,
  });
  await closed.promise;
});

test("an endless body is left, and its connection closed", async (t) => {
  const closed = createDeferred<void>();
  const port = await serve(t, (_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(4096)));
    };
    response.on("drain", more);
    response.on("close", closed.resolve);
    more();
  });
  await assert.rejects(fetchOne(client([port]), `http://127.0.0.1:${port}/`), {
    message: /larger than 16777216 bytes$/,
  });
  await closed.promise;
});

for (const encoding of ["gzip", "br", "deflate", "GZIP, identity", "zstd"]) {
  test(`a body with the content encoding ${encoding} is not unfolded`, async (t) => {
    const port = await serve(t, (_request, response) => {
      response.setHeader("content-encoding", encoding);
      response.end(gzipSync(Buffer.alloc(10_000_000)));
    });
    await assert.rejects(fetchOne(client([port]), `http://127.0.0.1:${port}/`), {
      code: "INVALID_INPUT",
      message: `http://127.0.0.1:${port}/…: was sent compressed, which was not asked for`,
    });
  });
}

test("bytes that come one at a time are kept in memory of twice their number", () => {
  const gathered = new GatheredBytes(300_000);
  for (let i = 0; i < 200_000; i++) gathered.add(Uint8Array.of(i % 251));
  const bytes = gathered.bytes();
  assert.equal(bytes.length, 200_000);
  assert.equal(bytes.buffer.byteLength, 200_000);
  assert.ok(bytes.every((byte, i) => byte === i % 251));
});

/** Where the answer stops for ever. */
const STALLS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "before its head": () => {},
  "within its head": (response) => response.socket?.write("HTTP/1.1 200 OK\r\nX: "),
  "within its body": (response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("a");
  },
  "between bytes that still come": (response) => {
    const drip = setInterval(() => response.write("a"), 5);
    response.on("close", () => clearInterval(drip));
  },
};

for (const [where, stall] of Object.entries(STALLS)) {
  test(`an answer that stops ${where} is given up after the time limit, and its connection closed`, async (t) => {
    const closed = createDeferred<void>();
    const port = await serve(t, (_request, response) => {
      response.on("close", closed.resolve);
      stall(response);
    });
    await assert.rejects(
      fetchOne(client([port], { IMAGE_URL_TIMEOUT_MS: "1500" }), `http://127.0.0.1:${port}/`),
      {
        code: "INVALID_INPUT",
        message: `http://127.0.0.1:${port}/…: was not fetched within 1500 ms`,
      },
    );
    await closed.promise;
  });
}

test("a name that is never resolved is given up after the time limit", async () => {
  const unresolved = () => new Promise<never>(() => {});
  await assert.rejects(fetchOne(client([], { IMAGE_URL_TIMEOUT_MS: "30" }, unresolved), "http://a.test/"), {
    message: "http://a.test/…: was not fetched within 30 ms",
  });
});

test("the time limit is for all images of a request together", async (t) => {
  const port = await serve(t, (request, response) => {
    if (request.url === "/now") response.end("ok");
  });
  const request = client([port], { IMAGE_URL_TIMEOUT_MS: "100" }).open();
  await assert.rejects(request.fetch(`http://127.0.0.1:${port}/never`, never), { message: /within 100 ms$/ });
  await assert.rejects(request.fetch(`http://127.0.0.1:${port}/now`, never), { message: /within 100 ms$/ });
  request.release();
});

test("a client that goes ends its fetches: the connection is closed", async (t) => {
  const gone = new AbortController();
  const closed = createDeferred<void>();
  const port = await serve(t, (_request, response) => {
    response.on("close", closed.resolve);
    response.write("a");
    gone.abort();
  });
  await assert.rejects(fetchOne(client([port]), `http://127.0.0.1:${port}/`, gone.signal), {
    code: "CANCELLED",
  });
  await closed.promise;
});

test("the images of one request are bounded together", async (t) => {
  const port = await serve(t, (_request, response) => response.end(Buffer.alloc(600)));
  const request = client([port], { MAX_BODY_BYTES: "1024" }).open();
  const url = `http://127.0.0.1:${port}/`;
  assert.equal((await request.fetch(url, never)).length, 600);
  await assert.rejects(request.fetch(url, never), {
    code: "INVALID_INPUT",
    message: `${url}…: the images of the request's URLs are larger than 1024 bytes together`,
  });
  request.release();
});

test("the images of all requests are bounded: 429 beside others, never alone, and room again once they end", async (t) => {
  const port = await serve(t, (_request, response) => response.end(Buffer.alloc(600)));
  const images = client([port], { IMAGE_URL_MAX_HELD_BYTES: "1024" });
  const url = `http://127.0.0.1:${port}/`;
  const first = images.open();
  assert.equal((await first.fetch(url, never)).length, 600);
  assert.equal((await first.fetch(url, never)).length, 600, "it is alone");
  const second = images.open();
  await assert.rejects(second.fetch(url, never), { code: "QUEUE_FULL", retryAfterMs: 5000 });
  first.release();
  first.release();
  assert.equal((await second.fetch(url, never)).length, 600);
  const third = images.open();
  await assert.rejects(third.fetch(url, never), { code: "QUEUE_FULL" });
  second.release();
  third.release();
});

test("so many are fetched at a time; others take their turn, or none once they are of no use", async (t) => {
  const answers: ServerResponse[] = [];
  const port = await serve(t, (_request, response) => {
    answers.push(response);
    arrived.resolve();
    arrived = createDeferred<void>();
  });
  let arrived = createDeferred<void>();
  const request = client([port], { IMAGE_URL_CONCURRENCY: "2" }).open();
  const fetch = (signal = never) =>
    request.fetch(`http://127.0.0.1:${port}/`, signal).then((file) => file.length);
  const both = [fetch(), fetch()];
  while (answers.length < 2) await arrived.promise;
  const gone = new AbortController();
  const leaving = fetch(gone.signal);
  const waiting = fetch();
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert.equal(answers.length, 2);
  gone.abort();
  await assert.rejects(leaving, { code: "CANCELLED" });
  answers[0]?.end("1");
  assert.equal(await both[0], 1);
  while (answers.length < 3) await arrived.promise;
  answers[1]?.end("12");
  answers[2]?.end("123");
  assert.deepEqual(await Promise.all([...both, waiting]), [1, 2, 3]);
  const [again, andAgain] = [fetch(), fetch()];
  while (answers.length < 5) await arrived.promise;
  for (const answer of answers.slice(3)) answer.end();
  await Promise.all([again, andAgain, ...answers.slice(3).map((answer) => once(answer, "close"))]);
  request.release();
});

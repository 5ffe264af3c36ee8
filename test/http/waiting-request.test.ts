/** @file What a request keeps in memory while its jobs wait: its pictures, not its text. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createDeferred } from "../../src/async/deferred.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import type { JobResult, JobRunner } from "../../src/scoring/ports.js";
import { GEOMETRY } from "../scoring/job-runners.js";
import { SMALL } from "../scoring/scoring.js";
import { build } from "./test-app.js";

setFlagsFromString("--expose-gc");
const collectGarbage: unknown = runInNewContext("gc");

/** White space within base64 is accepted: a large text with a small picture. */
const PADDING = Buffer.alloc(1_000_000, " ");
const PADDINGS = 20;
const BODY_BYTES = PADDING.length * PADDINGS;
const COLLECTIONS = 20;

function usedBytes(): number {
  assert.ok(typeof collectGarbage === "function");
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

for (const accept of ["application/json", "text/event-stream"]) {
  test(`a request for ${accept} that waits keeps neither its body nor the text of its images`, async (t) => {
    const begun = createDeferred<void>();
    const held = createDeferred<JobResult>();
    const runner: JobRunner = {
      geometry: GEOMETRY,
      problemsWith: () => [],
      reserve: () => ({
        run: () => {
          begun.resolve();
          return held.promise;
        },
        release: () => {},
      }),
    };
    const { app } = build(t, { runner });
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const before = usedBytes();
    const client = connect(Number(port), "127.0.0.1");
    const start = `{"input_data":{"data":[{"prompt":"a","image":"${SMALL}`;
    const end = `","mask_image":"${SMALL}"}]}}`;
    client.write(
      `POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: ${accept}\r\n` +
        `Content-Length: ${start.length + BODY_BYTES + end.length}\r\n\r\n${start}`,
    );
    for (let i = 0; i < PADDINGS; i++) if (!client.write(PADDING)) await once(client, "drain");
    client.write(end);
    await begun.promise;
    /x/.test("x"); // the engine keeps the text that was matched last: one in all, not one a request
    let kept = usedBytes() - before;
    for (let i = 0; i < COLLECTIONS && kept > BODY_BYTES / 4; i++) {
      await setImmediate();
      kept = usedBytes() - before;
    }
    client.destroy();
    held.reject(new InpaintError("CANCELLED", "the client went away"));
    t.diagnostic(`${(kept / 1e6).toFixed(1)} MB are kept of a body of ${BODY_BYTES / 1e6} MB`);
    assert.ok(kept < BODY_BYTES / 4);
  });
}

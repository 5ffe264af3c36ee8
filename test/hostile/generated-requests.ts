/**
 * @file Generated requests to a real server: whatever comes, the answer is one that the OpenAPI document has, no more is
 * told than the document tells, and the server goes on as it was. How many is the caller's to say.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { startReadyServer } from "../support/server-process.js";
import { ApiContract } from "./api-contract.js";
import { type Answer, HttpClient } from "./http-client.js";
import { MemoryWatch } from "./memory-watch.js";
import { LIMITS, sentRequests } from "./request-arbitrary.js";
import type { SentRequest } from "./sent-request.js";
import { smallModel } from "./small-model.js";

export interface GeneratedRequestCounts {
  readonly requests: number;
  /** Of the server and of its worker. */
  readonly maxGrowthMebibytes: number;
}

const { HOSTILE_SEED, HOSTILE_PATH } = process.env;
/** As a failure tells them: the same requests again, and the one that failed at once. */
const SEED = HOSTILE_SEED === undefined ? {} : { seed: Number(HOSTILE_SEED) };
const PATH = HOSTILE_PATH === undefined ? {} : { path: HOSTILE_PATH };

/** Answers that show that requests of this kind get as far as they can. */
const ENDS = {
  "200": /^/,
  "a 400 of syntax": /^POST body could not be decoded as JSON: /,
  "a 400 of structure": /^POST body has \d+ objects, lists and commas/,
  "a 400 of a key": /^A value is not provided for/,
  "a 400 of base64": /not base64/,
  "a 400 of a picture": /not an image|cannot be decoded|accepted are PNG/,
  "a 400 of pixels": /pixels; at most 65536 are accepted/,
  "a 400 of a parameter": /num_inference_steps: expected a whole number/,
  "a 400 of a header": /^header x-inpaint-/,
} as const;
const STATUSES = [200, 400, 413, 415, 431];

const message = ({ body }: Answer) =>
  body.startsWith('{"message"') ? z.object({ message: z.string() }).parse(JSON.parse(body)).message : "";

/** A fault of the server's is an answer to one question only: when it should be given up. */
function assertNoFault({ headers }: SentRequest, answer: Answer): void {
  if (answer.status < 500 && answer.status !== 429) return;
  assert.equal(answer.status, 500, answer.body);
  assert.equal(message(answer), `Scoring timeout after ${Number(headers["x-inpaint-timeout-ms"])} ms`);
}

const row = z.looseObject({ generated_image: z.string().min(1), error: z.undefined().optional() });
const rows = z.union([z.array(row), z.object({ predictions: z.array(row) })]);

export function testGeneratedRequests({ requests, maxGrowthMebibytes }: GeneratedRequestCounts): void {
  test(`${requests} generated requests: documented answers, and the server stays as it was`, async (t) => {
    const server = await startReadyServer(t, { ...LIMITS, MODEL_DIR: await smallModel(t) });
    const pids = { server: server.process.pid, worker: await server.process.workerReady() };
    const contract = new ApiContract((await server.get("/openapi.json")).text);
    const client = new HttpClient(server.url);
    t.after(() => client.close());
    const memory = { server: new MemoryWatch(pids.server), worker: new MemoryWatch(pids.worker) };
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

    await fc.assert(
      fc.asyncProperty(sentRequests(contract.scoringPaths), async (sent) => {
        const answer = await client.send(sent);
        contract.assertDocumented(sent.path, answer);
        assertNoFault(sent, answer);
        const isStream = answer.headers["content-type"]?.startsWith("text/event-stream") === true;
        if (answer.status === 200 && !isStream) rows.parse(JSON.parse(answer.body));
        count(String(answer.status));
        if (isStream) count("streams");
        if (answer.status === 200) count(sent.path);
        for (const [end, words] of Object.entries(ENDS)) {
          if (answer.status === 400 && words.source !== "^" && words.test(message(answer))) count(end);
        }
        for (const each of Object.values(memory)) each.sample();
      }),
      { numRuns: requests, includeErrorInReport: true, ...SEED, ...PATH },
    );

    t.diagnostic([...seen].map(([what, times]) => `${what}: ${times}`).join(", "));
    for (const [name, each] of Object.entries(memory)) {
      t.diagnostic(`${name}: ${each.assertFlat(maxGrowthMebibytes)}`);
    }
    // The requests are such that each end is met.
    if (HOSTILE_PATH === undefined) {
      const ends = Object.keys(ENDS).filter((end) => end !== "200");
      for (const end of [...STATUSES.map(String), "streams", ...contract.scoringPaths, ...ends]) {
        assert.ok((seen.get(end) ?? 0) > 0, `no request ended so: ${end}`);
      }
    }
    assert.equal((await server.get("/health/ready")).status, 200);
    assert.equal(await server.metric("inpaint_worker_restarts_total"), 0);
    assert.deepEqual(
      server.process.records.filter(({ msg }) => msg === "worker ready").map(({ workerPid }) => workerPid),
      [pids.worker],
    );
    const { code, stderr } = await server.process.stop();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });
}

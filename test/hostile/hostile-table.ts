/**
 * @file A table of hostile requests and their answers, sent to a real server again and again: the answers are the
 * documented ones each time, and its memory does not grow. Knows no request.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { TestServer } from "../support/server-process.js";
import { ApiContract } from "./api-contract.js";
import { type Answer, HttpClient } from "./http-client.js";
import { MemoryWatch } from "./memory-watch.js";
import { SentRequest } from "./sent-request.js";

export interface HostileCase {
  readonly what: string;
  readonly body: () => string | Buffer;
  /** 400 where it is left out. */
  readonly status?: number;
  /** Of the body. */
  readonly says: RegExp;
}

export interface RepeatOptions {
  /** At least five: the first fifth warms up. */
  readonly rounds: number;
  /** From the second fifth of the rounds to the last, of the server's process. */
  readonly maxGrowthMebibytes: number;
}

function assertAnswer({ what, status = 400, says }: HostileCase, answer: Answer): void {
  assert.equal(answer.status, status, `${what}: ${answer.body.slice(0, 500)}`);
  assert.match(answer.body, says, what);
  assert.ok(status === 200 || answer.body.length < 1000, what);
}

/** Each case has been sent `rounds` times when it is over. */
export async function repeatTable(
  t: TestContext,
  server: TestServer,
  cases: readonly HostileCase[],
  { rounds, maxGrowthMebibytes }: RepeatOptions,
): Promise<void> {
  const contract = new ApiContract((await server.get("/openapi.json")).text);
  const client = new HttpClient(server.url);
  t.after(() => client.close());
  const memory = new MemoryWatch(server.process.pid);
  const headers = { "content-type": "application/json" };
  const [path = ""] = contract.scoringPaths;
  for (let round = 0; round < rounds; round++) {
    for (const each of cases) {
      const sent = new SentRequest(path, headers, Buffer.from(each.body()), round % 2 === 1);
      const answer = await client.send(sent);
      contract.assertDocumented(path, answer);
      assertAnswer(each, answer);
    }
    memory.sample();
  }
  t.diagnostic(`${cases.length} cases, ${rounds} rounds: ${memory.assertFlat(maxGrowthMebibytes)}`);
  assert.equal(await server.metric("inpaint_worker_restarts_total"), 0);
  assert.equal((await server.get("/health/ready")).status, 200);
  const { code, stderr } = await server.process.stop();
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
}

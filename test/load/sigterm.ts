/** @file SIGTERM under load: who is admitted is answered, within the grace period with 200, past it with 503. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { heldWorkers } from "../support/held-workers.js";
import { ask } from "../support/load-generator.js";
import { isRunning } from "../support/process-state.js";
import { startReadyServer } from "../support/server-process.js";
import { smallRequest } from "../support/small-request.js";
import type { LoadCounts } from "./counts.js";

const POLL_MS = 5;
/** Requests that are refused are waited for without end. */
const BOUNDED = { timeout: 240_000 };

export function testSigterm({ atSigterm }: LoadCounts): void {
  test(
    `SIGTERM with ${atSigterm} requests admitted: all are finished, exit code 0, nothing left`,
    BOUNDED,
    async (t) => {
      const { statuses, exit } = await terminated(
        t,
        { WORKER_COUNT: "2", SHUTDOWN_GRACE_MS: "600000" },
        { requests: atSigterm, stepsOf: () => 20 },
      );
      t.diagnostic(`answers: ${tally(statuses)}`);
      assert.deepEqual(new Set(statuses), new Set([200]));
      assert.deepEqual(exit, { code: 0, signal: null, stderr: "" });
    },
  );

  test(
    `SIGTERM with more than the grace period allows: 200 or 503, exit code 0, nothing left`,
    BOUNDED,
    async (t) => {
      const { statuses, exit } = await terminated(
        t,
        { WORKER_COUNT: "2", SHUTDOWN_GRACE_MS: "1000" },
        { requests: atSigterm, stepsOf: (client) => (client < 4 ? 30 : 150) },
      );
      t.diagnostic(`answers: ${tally(statuses)}`);
      for (const status of statuses) assert.ok(status === 200 || status === 503, `${status}`);
      assert.ok(statuses.includes(503), "the grace period was too short for all of them");
      assert.deepEqual(exit, { code: 0, signal: null, stderr: "" });
    },
  );
}

async function terminated(
  t: TestContext,
  environment: Readonly<Record<string, string>>,
  { requests, stepsOf }: { readonly requests: number; stepsOf(client: number): number },
) {
  const held = await heldWorkers(t);
  const server = await startReadyServer(t, { ...environment, ...held.environment });
  const workers = [await server.process.workerReady(1), await server.process.workerReady(2)];
  held.hold("calls"); // nobody is answered before all are admitted
  const answers = Array.from({ length: requests }, (_, i) => ask(server, smallRequest(stepsOf(i), i)));
  while ((await server.metric("inpaint_jobs_admitted")) < requests) await sleep(POLL_MS);
  server.process.kill("SIGTERM");
  held.letGo("calls");
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  const exit = await server.process.exited;
  for (const pid of [server.process.pid, ...workers]) {
    assert.equal(await isRunning(pid), false, `process ${pid} still runs`);
  }
  return { statuses, exit };
}

const tally = (statuses: readonly number[]) =>
  [...new Set(statuses)]
    .map((status) => `${statuses.filter((other) => other === status).length} × ${status}`)
    .join(", ");

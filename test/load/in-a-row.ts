/** @file Many requests, one after the other: memory of the server and of its worker does not grow with them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../support/load-generator.js";
import { memoryOf } from "../support/process-memory.js";
import { startReadyServer } from "../support/server-process.js";
import { smallRequest } from "../support/small-request.js";
import { median, quantile } from "../support/statistics.js";
import type { LoadCounts } from "./counts.js";

const STEPS = 2;
const MAX_GROWTH = 0.05;
/** Garbage is collected when it is time: of so few requests, memory says whether it explodes, and no more. */
const MAX_GROWTH_OF_FEW = 0.5;
const MEBIBYTE = 2 ** 20;

export function testInARow({ inARow, assertsTimes }: LoadCounts): void {
  test(`${inARow} requests in a row: memory grows no more after the first tenth`, async (t) => {
    const server = await startReadyServer(t);
    const pids = { server: server.process.pid, worker: await server.process.workerReady() };
    const bytes = { server: [] as number[], worker: [] as number[] };
    for (let i = 0; i < inARow; i++) {
      const { status, message } = await ask(server, smallRequest(STEPS, i));
      assert.equal(status, 200, message);
      for (const name of ["server", "worker"] as const) bytes[name].push(memoryOf(pids[name], "VmRSS"));
    }
    for (const name of ["server", "worker"] as const) {
      const tenth = Math.ceil(inARow / 10);
      // the second tenth is the baseline: memory is a saw, of which medians tell the height
      const [early, late] = [bytes[name].slice(tenth, 2 * tenth), bytes[name].slice(-tenth)];
      const growth = median(late) / median(early) - 1;
      const mebibytes = (part: number) => (part / MEBIBYTE).toFixed(0);
      t.diagnostic(
        `${name}: ${mebibytes(median(early))} MiB in the second tenth (${mebibytes(quantile(early, 0))} … ` +
          `${mebibytes(quantile(early, 1))}), ${mebibytes(median(late))} MiB in the last (${mebibytes(quantile(late, 0))} … ` +
          `${mebibytes(quantile(late, 1))}): ${(100 * growth).toFixed(1)} %`,
      );
      const limit = assertsTimes ? MAX_GROWTH : MAX_GROWTH_OF_FEW;
      assert.ok(growth < limit, `the ${name} grew by ${(100 * growth).toFixed(1)} %`);
    }
  });
}

/** @file A test of ids of the contract, and the proof that each of them was shown. Knows no id and no server. */
import assert from "node:assert/strict";
import { subscribe } from "node:diagnostics_channel";
import type { TestContext } from "node:test";
import { CONTRACT, type ShownId } from "./contract-ids.js";
import type { Servers } from "./servers.js";

/** All of node's test context that a test of the contract has: none can skip itself. */
export type ContractScope = Pick<TestContext, "after" | "diagnostic">;

export interface ContractTest {
  readonly id: ShownId;
  readonly show: (servers: Servers, scope: ContractScope) => Promise<void>;
}

export const contract = (id: ShownId, show: ContractTest["show"]): ContractTest => ({ id, show });

/** Counts what this process sends over sockets: each request of fetch, each connection of a raw socket. */
function countTraffic(): () => number {
  let count = 0;
  for (const channel of ["undici:request:create", "net.client.socket"]) {
    subscribe(channel, () => {
      count++;
    });
  }
  return () => count;
}

/** Runs `tests` in their order, one after another. The ids that were shown: their tests passed, over a network. */
export async function showAll(
  t: TestContext,
  tests: readonly ContractTest[],
  servers: Servers,
): Promise<readonly ShownId[]> {
  const traffic = countTraffic();
  const shown: ShownId[] = [];
  for (const { id, show } of tests) {
    await t.test(`${id}: ${CONTRACT[id]}`, async (inner) => {
      const before = traffic();
      await show(servers, {
        after: inner.after.bind(inner),
        diagnostic: inner.diagnostic.bind(inner),
      });
      assert.ok(traffic() > before, "nothing was asked over HTTP");
      shown.push(id);
    });
  }
  return shown;
}

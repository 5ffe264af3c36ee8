/** @file Many who ask for a turn go on one after another, in their order, each in a turn of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { turn } from "../../src/async/turn.js";

const WORKERS = 20;
const SLICES = 5;

test("one goes on in each turn, in the order in which they asked", async () => {
  let turns = 0;
  let ended = false;
  const count = () => {
    turns++;
    if (!ended) setImmediate(count);
  };
  setImmediate(count);
  const seen: { readonly worker: number; readonly turns: number }[] = [];
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      for (let slice = 0; slice < SLICES; slice++) {
        await turn();
        seen.push({ worker, turns });
      }
    }),
  );
  ended = true;
  const round = Array.from({ length: WORKERS }, (_, worker) => worker);
  assert.deepEqual(
    seen.map(({ worker }) => worker),
    Array.from({ length: SLICES }, () => round).flat(),
  );
  assert.equal(new Set(seen.map((each) => each.turns)).size, WORKERS * SLICES, "two in one turn");
});

test("who asks later, when nobody waits any more, goes on too", async () => {
  await turn();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await turn();
});

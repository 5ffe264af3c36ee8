import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { severalAtOnce } from "../../../models/evaluation/several-at-once.js";

test("results in the items' order, a few at a time, each told of", async () => {
  let running = 0;
  let most = 0;
  const told: number[] = [];
  const results = await severalAtOnce(
    [5, 4, 3, 2, 1, 0],
    async (item) => {
      most = Math.max(most, ++running);
      await sleep(item);
      running--;
      return item * 10;
    },
    (done) => told.push(done),
  );
  assert.deepEqual(results, [50, 40, 30, 20, 10, 0]);
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6]);
  assert.equal(most, 3);
});

test("the first failure ends it, and nothing new is begun", async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await sleep(1);
    if (item === 0) throw new Error("broken");
    return item;
  };
  await assert.rejects(
    severalAtOnce([0, 1, 2, 3, 4, 5, 6], work, () => {}),
    /broken/,
  );
  await sleep(20);
  assert.deepEqual(begun, [0, 1, 2]);
});

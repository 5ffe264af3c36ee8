import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleTimeout } from "../../src/async/idle-timeout.js";

test("silence aborts, a sign of life before it does not, and none can undo it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const idle = new IdleTimeout(100);
  t.mock.timers.tick(99);
  assert.equal(idle.expired, false);
  t.mock.timers.tick(1);
  assert.deepEqual([idle.expired, idle.signal.aborted], [true, true]);
  idle.signOfLife();
  assert.equal(idle.expired, true);
});

test("a sign of life starts the limit anew: one that had it outlives one that had not", async () => {
  const lively = new IdleTimeout(200);
  const silent = new IdleTimeout(200);
  const order: string[] = [];
  const bothAborted = Promise.all(
    Object.entries({ lively, silent }).map(
      ([name, { signal }]) =>
        new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(void order.push(name)));
        }),
    ),
  );
  setTimeout(() => lively.signOfLife(), 100);
  await bothAborted;
  assert.deepEqual(order, ["silent", "lively"]);
});

test("once stopped it never aborts", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const idle = new IdleTimeout(100);
  idle.stop();
  t.mock.timers.tick(1000);
  assert.equal(idle.expired, false);
});

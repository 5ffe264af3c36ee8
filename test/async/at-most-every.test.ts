import assert from "node:assert/strict";
import { test } from "node:test";
import { AtMostEvery } from "../../src/async/at-most-every.js";

test("the first value passes at once, then the latest of each interval", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const passed: number[] = [];
  const values = new AtMostEvery<number>(1000, (value) => passed.push(value));
  for (const value of [1, 2, 3]) values.offer(value);
  assert.deepEqual(passed, [1]);
  t.mock.timers.tick(999);
  assert.deepEqual(passed, [1]);
  t.mock.timers.tick(1);
  assert.deepEqual(passed, [1, 3], "the latest, without another offer");
  values.offer(4);
  assert.deepEqual(passed, [1, 3], "an interval begins with each value that passed");
  t.mock.timers.tick(1000);
  t.mock.timers.tick(1000);
  values.offer(5);
  assert.deepEqual(passed, [1, 3, 4, 5], "after a quiet interval a value passes at once");
});

test("once stopped, neither what waits nor what comes is passed on", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const passed: number[] = [];
  const values = new AtMostEvery<number>(1000, (value) => passed.push(value));
  values.offer(1);
  values.offer(2);
  values.stop();
  t.mock.timers.tick(5000);
  values.offer(3);
  assert.deepEqual(passed, [1]);
});

test("what waits can be taken back; what comes later is passed on when it would have been", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const passed: number[] = [];
  const every = new AtMostEvery<number>(10, (value) => passed.push(value));
  every.offer(1);
  every.offer(2);
  every.clear();
  every.offer(3);
  t.mock.timers.tick(10);
  assert.deepEqual(passed, [1, 3]);
  every.offer(4);
  every.clear();
  t.mock.timers.tick(10);
  assert.deepEqual(passed, [1, 3]);
  every.stop();
});

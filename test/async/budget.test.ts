/** @file What is taken counts until it is given back, whoever took it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Budget } from "../../src/async/budget.js";

test("holders take of one amount, and each gives back its own, once", () => {
  const heard: number[] = [];
  const budget = new Budget(10, (held) => heard.push(held));
  const [first, second] = [budget.hold(), budget.hold()];
  first.take(4);
  second.take(3);
  first.take(2);
  assert.deepEqual([first.own, second.own, budget.held], [6, 3, 9]);
  assert.deepEqual([budget.hasRoomFor(1), budget.hasRoomFor(2)], [true, false]);
  first.release();
  first.release();
  assert.deepEqual([first.own, budget.held], [0, 3]);
  second.release();
  assert.deepEqual(heard, [4, 7, 9, 3, 3, 0]);
});

test("what is taken beyond the maximum counts too: an answer that exists is held", () => {
  const budget = new Budget(10);
  budget.hold().take(15);
  assert.equal(budget.held, 15);
  assert.equal(budget.hasRoomFor(0), false);
});

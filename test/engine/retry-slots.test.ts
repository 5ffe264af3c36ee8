/** @file When those who were sent away should come back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RetrySlots } from "../../src/engine/retry-slots.js";

test("the first comes when there is room, each other one slot of 1.25 times its work after the one before", () => {
  const slots = new RetrySlots();
  assert.equal(slots.book(0, { roomInMs: 5000, ownMs: 400 }), 5000);
  assert.equal(slots.book(100, { roomInMs: 5000, ownMs: 400 }), 5400);
  assert.equal(slots.book(200, { roomInMs: 5000, ownMs: 800 }), 6300);
});

test("slots that have passed hold nobody up", () => {
  const slots = new RetrySlots();
  slots.book(0, { roomInMs: 5000, ownMs: 400 });
  assert.equal(slots.book(60_000, { roomInMs: 700, ownMs: 400 }), 700);
});

test("nobody is sent away for more than a quarter of an hour", () => {
  const slots = new RetrySlots();
  assert.equal(slots.book(0, { roomInMs: 1e9, ownMs: 400 }), 900_000);
  assert.equal(slots.book(1000, { roomInMs: 0, ownMs: 1e9 }), 900_000);
});

test("when those who were sent away stay away, their slots are given to others", () => {
  const later = (silenceMs: number, idle: boolean) => {
    const slots = new RetrySlots();
    slots.arrived(0, false);
    for (let i = 0; i < 1000; i++) slots.book(0, { roomInMs: 5000, ownMs: 400 });
    slots.arrived(silenceMs, idle);
    return slots.book(silenceMs, { roomInMs: 1, ownMs: 400 });
  };
  assert.equal(later(2501, true), 1);
  assert.ok(later(2499, true) > 400_000, "a short silence says nothing");
  assert.ok(later(2501, false) > 400_000, "nor does one in which there was work");
});

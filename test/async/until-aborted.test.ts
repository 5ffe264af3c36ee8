/** @file Waiting until a signal says not to: what wins, and that nothing is left behind. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { untilAborted } from "../../src/async/until-aborted.js";

test("as the promise, while nothing aborts", async () => {
  const { signal } = new AbortController();
  assert.equal(await untilAborted(Promise.resolve(3), signal), 3);
  await assert.rejects(untilAborted(Promise.reject(new Error("no")), signal), /no/);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("rejects with the signal's reason, though the promise never settles or fails later", async () => {
  for (const promise of [
    new Promise(() => {}),
    new Promise((_, fail) => setTimeout(fail, 5, new Error("late"))),
  ]) {
    const controller = new AbortController();
    const waiting = untilAborted(promise, controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
});

test("a signal that has aborted already wins over what is pending", async () => {
  await assert.rejects(untilAborted(new Promise(() => {}), AbortSignal.abort(new Error("gone"))), /gone/);
});

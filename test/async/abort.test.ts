import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { onAbort } from "../../src/async/abort.js";

test("the listener hears of an abort once", () => {
  const controller = new AbortController();
  let heard = 0;
  onAbort(controller.signal, () => heard++);
  assert.equal(heard, 0);
  controller.abort();
  controller.abort();
  assert.equal(heard, 1);
});

test("a signal that has aborted already is heard at once", () => {
  let heard = 0;
  onAbort(AbortSignal.abort(), () => heard++);
  assert.equal(heard, 1);
});

test("after the wait no listener is left on the signal", () => {
  const controller = new AbortController();
  let heard = 0;
  const stopListening = onAbort(controller.signal, () => heard++);
  assert.equal(getEventListeners(controller.signal, "abort").length, 1);
  stopListening();
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  controller.abort();
  assert.equal(heard, 0);
});

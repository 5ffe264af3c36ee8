import assert from "node:assert/strict";
import { test } from "node:test";
import { fulfilledWithin } from "../../src/async/fulfilled-within.js";

const forever = new Promise<void>(() => {});

test("true for a promise that is fulfilled, however long it may take", async () => {
  assert.equal(await fulfilledWithin(Promise.resolve("x"), 60_000), true);
});

test("false for a promise that does not settle in time", async () => {
  assert.equal(await fulfilledWithin(forever, 1), false);
});

test("a rejection is passed on", async () => {
  await assert.rejects(fulfilledWithin(Promise.reject(new Error("no")), 60_000), /no/);
});

test("no timer is left behind", async () => {
  await fulfilledWithin(Promise.resolve(), 60_000);
  assert.ok(!process.getActiveResourcesInfo().includes("Timeout"));
});

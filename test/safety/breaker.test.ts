/** @file What brings a service back that is left alone: an answer, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { Breaker } from "../../src/safety/breaker.js";
import { ServiceFailure } from "../../src/safety/service-failure.js";

const BREAK_MS = 10;

for (const [what, trial, state] of [
  ["an answer", async () => {}, "closed"],
  ["content that the service rejects", new ServiceFailure("rejected", "answered 400"), "closed"],
  ["an outage", new ServiceFailure("unavailable", "answered 503"), "open"],
  ["a check whose time was spent in line", new ServiceFailure("crowded", "was not asked in time"), "open"],
  ["a client that has gone", new InpaintError("CANCELLED", "gone"), "open"],
] as const) {
  test(`a trial that ends with ${what} leaves the breaker ${state}`, async () => {
    const breaker = new Breaker({ failures: 1, breakMs: BREAK_MS, onStateChange: () => {} });
    const fails = (error: Error) => async () => {
      throw error;
    };
    await assert.rejects(breaker.run(fails(new ServiceFailure("unavailable", "answered 503"))), /503/);
    assert.equal(breaker.state, "open");
    await sleep(2 * BREAK_MS);
    await breaker.run(trial instanceof Error ? fails(trial) : trial).catch(() => {});
    assert.equal(breaker.state, state);
  });
}

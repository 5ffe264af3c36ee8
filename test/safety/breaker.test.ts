/** @file What opens the breaker, and what brings a service back that is left alone: an answer, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createDeferred } from "../../src/async/deferred.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { Breaker, type BreakerState } from "../../src/safety/breaker.js";
import { ServiceFailure } from "../../src/safety/service-failure.js";

const BREAK_MS = 10;
const NEVER = new AbortController().signal;

const OUTAGE = new ServiceFailure("unavailable", "answered 503");
const THROTTLED = new ServiceFailure("throttled", "answered 429");
const CROWDED = new ServiceFailure("crowded", "gave no verdict within 10000 ms");
const GONE = new InpaintError("CANCELLED", "gone");

const fails = (error: Error) => async () => {
  throw error;
};

function setUp(failures = 1) {
  const states: BreakerState[] = [];
  const breaker = new Breaker({ failures, breakMs: BREAK_MS, onStateChange: (state) => states.push(state) });
  const end = (error: Error) => assert.rejects(breaker.run(NEVER, fails(error)), error);
  const becomes = async (state: BreakerState) => {
    while (breaker.state !== state) await sleep(1);
  };
  return { breaker, states, end, becomes };
}

for (const [what, trial, state] of [
  ["an answer", async () => {}, "closed"],
  ["content that the service rejects", new ServiceFailure("rejected", "answered 400"), "closed"],
  ["too many requests", THROTTLED, "closed"],
  ["an outage", OUTAGE, "open"],
  ["a check whose time was spent in line", CROWDED, "half-open"],
  ["a client that has gone", GONE, "half-open"],
] as const) {
  test(`a trial that ends with ${what} leaves the breaker ${state}`, async () => {
    const { breaker, end, becomes } = setUp();
    await end(OUTAGE);
    assert.equal(breaker.state, "open");
    await becomes("half-open");
    await breaker.run(NEVER, trial instanceof Error ? fails(trial) : trial).catch(() => {});
    assert.equal(breaker.state, state);
  });
}

test("after a trial that told nothing, one of those who wait is the next", async () => {
  const { breaker, states, end, becomes } = setUp();
  await end(OUTAGE);
  await becomes("half-open");
  const first = createDeferred<void>();
  const gone = breaker.run(NEVER, () => first.promise);
  let running = 0;
  let most = 0;
  const waiting = [1, 2, 3].map((n) =>
    breaker.run(NEVER, async () => {
      running += 1;
      if (breaker.state === "half-open") most = Math.max(most, running);
      await sleep(1);
      running -= 1;
      return n;
    }),
  );
  first.reject(GONE);
  await assert.rejects(gone, GONE);
  assert.deepEqual(await Promise.all(waiting), [1, 2, 3]);
  assert.equal(most, 1, "more than one tried it");
  assert.deepEqual(states, ["open", "half-open", "closed"]);
});

test("who waits for a trial waits no longer than its signal says", async () => {
  const { breaker, end, becomes } = setUp();
  await end(OUTAGE);
  await becomes("half-open");
  const first = createDeferred<void>();
  const trial = breaker.run(NEVER, () => first.promise);
  const client = new AbortController();
  const waits = breaker.run(client.signal, async () => assert.fail("it was called"));
  client.abort(GONE);
  await assert.rejects(waits, GONE);
  first.resolve();
  await trial;
});

test("only outages count, and only in a row", async () => {
  const { breaker, end } = setUp(3);
  for (let i = 0; i < 9; i += 1) {
    for (const error of [THROTTLED, CROWDED, GONE]) await end(error);
  }
  for (let i = 0; i < 3; i += 1) {
    await end(OUTAGE);
    await end(OUTAGE);
    await breaker.run(NEVER, async () => {});
  }
  assert.equal(breaker.state, "closed");
  await end(OUTAGE);
  await end(CROWDED);
  await end(OUTAGE);
  await end(OUTAGE);
  assert.equal(breaker.state, "open");
});

test("calls of before the break that fail during it do not make it longer, nor end it", async () => {
  const { breaker, states, end } = setUp();
  const [late, later] = [createDeferred<void>(), createDeferred<void>()];
  const calls = [late, later].map(({ promise }) => breaker.run(NEVER, () => promise).catch(() => {}));
  await end(OUTAGE);
  late.reject(OUTAGE);
  later.resolve();
  await Promise.all(calls);
  assert.deepEqual(states, ["open"]);
  assert.throws(() => breaker.expectPassable(), { code: "BREAKER_OPEN" });
});

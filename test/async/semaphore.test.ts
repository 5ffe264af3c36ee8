import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import { Semaphore, SemaphoreFullError } from "../../src/async/semaphore.js";

const NEVER = new AbortController().signal;

/** Work that says when it begins, and ends when it is told to. */
function work(name: string, begun: string[]) {
  const end = createDeferred<string>();
  return {
    run: () => {
      begun.push(name);
      return end.promise;
    },
    end: () => end.resolve(name),
    fail: () => end.reject(new Error(name)),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("as much runs as there are places, the rest in the order in which it came", async () => {
  const semaphore = new Semaphore({ places: 2 });
  const begun: string[] = [];
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => work(name, begun));
  assert.ok(a && b && c && d);
  const results = [a, b, c, d].map(({ run }) => semaphore.run(NEVER, run).catch((error) => error.message));
  await settled();
  assert.deepEqual(begun, ["a", "b"]);
  b.fail();
  await settled();
  assert.deepEqual(begun, ["a", "b", "c"]);
  for (const each of [a, c, d]) each.end();
  assert.deepEqual(await Promise.all(results), ["a", "b", "c", "d"]);
});

test("those who left the line do not hold up who waits behind them", async () => {
  const semaphore = new Semaphore({ places: 1 });
  const begun: string[] = [];
  const first = work("first", begun);
  const running = semaphore.run(NEVER, first.run);
  const gone = new AbortController();
  const left = [1, 2, 3].map(() => semaphore.run(gone.signal, work("left", begun).run));
  const last = work("last", begun);
  const behind = semaphore.run(NEVER, last.run);
  const reason = new Error("gone");
  gone.abort(reason);
  for (const each of left) await assert.rejects(each, reason);
  first.end();
  last.end();
  assert.deepEqual(await Promise.all([running, behind]), ["first", "last"]);
  assert.deepEqual(begun, ["first", "last"]);
});

test("one whose signal aborts in the very turn in which its place comes free gives it on", async () => {
  const semaphore = new Semaphore({ places: 1 });
  const begun: string[] = [];
  const first = work("first", begun);
  const running = semaphore.run(NEVER, first.run);
  const gone = new AbortController();
  const second = work("second", begun);
  const left = semaphore.run(gone.signal, second.run);
  const behind = semaphore.run(NEVER, async () => "behind");
  first.end();
  await running;
  gone.abort(new Error("gone"));
  second.end();
  await left.catch(() => {});
  assert.equal(await behind, "behind");
});

test("what finds too much waiting is refused, and there is room again when one has left", async () => {
  const semaphore = new Semaphore({ places: 1, maxWaiting: 1 });
  const begun: string[] = [];
  const first = work("first", begun);
  const running = semaphore.run(NEVER, first.run);
  const gone = new AbortController();
  const waiting = semaphore.run(gone.signal, async () => "waited");
  await assert.rejects(
    semaphore.run(NEVER, async () => "over"),
    SemaphoreFullError,
  );
  gone.abort(new Error("gone"));
  await assert.rejects(waiting, /gone/);
  const next = semaphore.run(NEVER, async () => "next");
  first.end();
  assert.deepEqual(await Promise.all([running, next]), ["first", "next"]);
});

test("a signal that has aborted takes no place", async () => {
  const semaphore = new Semaphore({ places: 1 });
  const reason = new Error("gone");
  await assert.rejects(
    semaphore.run(AbortSignal.abort(reason), async () => "ran"),
    reason,
  );
  assert.equal(await semaphore.run(NEVER, async () => "ran"), "ran");
});

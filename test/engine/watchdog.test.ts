/** @file Who is taken for hung, and who for busy. Real timers: a test waits for what happens, however long it takes. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import type { DeviceRun } from "../../src/engine/device-run.js";
import { Watchdog } from "../../src/engine/watchdog.js";

const RUN: DeviceRun = { kind: "unet", rows: 2, height: 64, width: 64 };

/** A watchdog that ends with its test, and what it said. */
function watch(t: TestContext, expectedMs: number | undefined) {
  const hung = createDeferred<number>();
  const pinged = createDeferred<void>();
  const said: string[] = [];
  const asked: DeviceRun[] = [];
  const watchdog = new Watchdog({
    expectedMs: (run) => {
      asked.push(run);
      return expectedMs;
    },
    ping: () => {
      said.push("ping");
      pinged.resolve();
    },
    onHung: (silentMs) => {
      said.push("hung");
      hung.resolve(silentMs);
    },
  });
  t.after(() => watchdog.stop());
  return { watchdog, hung: hung.promise, pinged: pinged.promise, said, asked };
}

test("a run is given three times what it takes and two seconds, and is not pinged meanwhile", async (t) => {
  const { watchdog, hung, said, asked } = watch(t, 200);
  watchdog.heard(RUN);
  const silentMs = await hung;
  assert.ok(silentMs > 3 * 200 + 2000, `${silentMs} ms`);
  assert.deepEqual(said, ["hung"]);
  assert.deepEqual(new Set(asked), new Set([RUN]));
});

test("between runs it is pinged, and hangs when it does not answer", async (t) => {
  const { hung, said, asked } = watch(t, 0);
  const silentMs = await hung;
  assert.ok(silentMs > 5000, `${silentMs} ms`);
  assert.equal(said[0], "ping");
  assert.equal(said.at(-1), "hung");
  assert.deepEqual(asked, [], "no run was announced");
});

test("one that answers pings lives, and so does a run that nobody has measured", async (t) => {
  const judge = watch(t, 0);
  const answering = watch(t, 0);
  const answers = setInterval(() => answering.watchdog.heard(undefined), 100);
  t.after(() => clearInterval(answers));
  const unknown = watch(t, undefined);
  unknown.watchdog.heard(RUN);
  const stopped = watch(t, 0);
  stopped.watchdog.stop();
  await judge.hung;
  assert.ok(answering.said.includes("ping"));
  assert.ok(!answering.said.includes("hung"));
  assert.deepEqual(unknown.said, []);
  assert.deepEqual(stopped.said, []);
});

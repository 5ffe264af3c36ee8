/** @file Who is taken for hung, and who for busy, on a clock that the test turns. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { AnnouncedRun } from "../../src/engine/run-limits.js";
import { type Doing, Watchdog } from "../../src/engine/watchdog.js";

const RUN: AnnouncedRun = { stage: "denoise", run: { kind: "unet", rows: 2, height: 64, width: 64 } };
const CHECK_EVERY_MS = 500;

/** A watchdog that has heard what a worker does, under which a run may take `limitMs`; and what it said when. */
function watch(t: TestContext, { doing, limitMs = 2600 }: { doing: Doing; limitMs?: number }) {
  let nowMs = 1000;
  t.mock.method(performance, "now", () => nowMs);
  t.mock.timers.enable({ apis: ["setInterval"] });
  const said: string[] = [];
  const asked: AnnouncedRun[] = [];
  const watchdog = new Watchdog({
    limits: {
      limitMs: (announced) => {
        asked.push(announced);
        return limitMs;
      },
    },
    ping: () => said.push("ping"),
    onHung: (silentMs) => said.push(`hung ${silentMs}`),
  });
  t.after(() => watchdog.stop());
  watchdog.heard(doing);
  /** `blockedMs`: this process was not run itself for so long before. */
  const pass = (ms: number, blockedMs = 0) => {
    nowMs += blockedMs;
    for (let passed = 0; passed < ms; passed += CHECK_EVERY_MS) {
      nowMs += CHECK_EVERY_MS;
      t.mock.timers.tick(CHECK_EVERY_MS);
    }
  };
  return { watchdog, said, asked, pass };
}

test("a run may take as long as its limit says, and is not pinged meanwhile", (t) => {
  const { said, asked, pass } = watch(t, { doing: RUN });
  pass(2500);
  assert.deepEqual(said, []);
  pass(500);
  assert.deepEqual(said, ["hung 3000"]);
  assert.deepEqual(new Set(asked), new Set([RUN]));
});

test("between runs it is pinged, and hangs when it does not answer", (t) => {
  const { watchdog, said, asked, pass } = watch(t, { doing: undefined });
  pass(4000);
  watchdog.heard(undefined);
  pass(5000);
  assert.deepEqual(new Set(said), new Set(["ping"]));
  pass(500);
  assert.equal(said.at(-1), "hung 5500");
  assert.deepEqual(asked, [], "no run was announced");
});

test("one that opens its model may be silent for ten minutes, and no longer", (t) => {
  const { said, pass } = watch(t, { doing: "opening" });
  pass(600_000);
  assert.equal(said.at(-1), "ping");
  pass(500);
  assert.equal(said.at(-1), "hung 600500");
});

test("a worker is watched from its first moment, before it has said anything", (t) => {
  const { watchdog, said, pass } = watch(t, { doing: "opening" });
  watchdog.stop();
  const untold = new Watchdog({
    limits: { limitMs: () => 0 },
    ping: () => {},
    onHung: () => said.push("hung"),
  });
  t.after(() => untold.stop());
  pass(10_000);
  assert.deepEqual(said, [], "it opens its model");
  pass(590_500);
  assert.deepEqual(said, ["hung"]);
});

test("the time in which this process itself was not run counts for nothing", (t) => {
  const { said, pass } = watch(t, { doing: RUN });
  pass(2000, 60_000);
  assert.deepEqual(said, []);
  pass(1000);
  assert.equal(said.length, 1);
});

test("one that was told to stop says nothing", (t) => {
  const { watchdog, said, pass } = watch(t, { doing: undefined });
  watchdog.stop();
  pass(60_000);
  assert.deepEqual(said, []);
});

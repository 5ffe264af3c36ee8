/** @file Between two slices everybody else has a turn: counted, not timed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inSlices, paced, type Sliced } from "../../src/async/in-slices.js";

/** Counts the turns of the event loop until `stop`. */
function countTurns() {
  let turns = 0;
  let stopped = false;
  const turn = () => {
    turns++;
    if (!stopped) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    stopped = true;
    return turns;
  };
}

function* slices(count: number, done: number[] = []): Sliced<string> {
  for (let i = 0; i < count; i++) {
    done.push(i);
    yield;
  }
  return "the end";
}

test("the event loop turns at every yield, and the result comes", async () => {
  const stop = countTurns();
  assert.equal(await inSlices(slices(20)), "the end");
  const turns = stop();
  assert.ok(turns >= 19, `${turns} turns`);
});

test("work without a yield takes no turn", async () => {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  assert.equal(await inSlices(slices(0)), "the end");
  assert.equal(turned, false);
});

test("what is thrown between two slices ends the work", async () => {
  const done: number[] = [];
  const gone = new Error("gone");
  await assert.rejects(
    inSlices(slices(20, done), () => {
      if (done.length === 3) throw gone;
    }),
    gone,
  );
  assert.deepEqual(done, [0, 1, 2]);
});

test("what the work throws is the rejection", async () => {
  const broken = new Error("broken");
  await assert.rejects(
    inSlices(
      (function* (): Sliced<void> {
        yield;
        throw broken;
      })(),
    ),
    broken,
  );
});

test("a reader that is always ready gets one piece a turn", async () => {
  const stop = countTurns();
  const pieces: number[] = [];
  for await (const piece of paced([1, 2, 3, 4, 5, 6, 7, 8])) pieces.push(piece);
  assert.deepEqual(pieces, [1, 2, 3, 4, 5, 6, 7, 8]);
  const turns = stop();
  assert.ok(turns >= 7, `${turns} turns`);
});

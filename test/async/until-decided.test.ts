/** @file Several questions of which one answer may settle the matter: order, who is told to stop, and what is thrown. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import { untilAborted } from "../../src/async/until-aborted.js";
import { untilDecided } from "../../src/async/until-decided.js";

const isNo = (answer: string) => answer === "no";
const never = () => new AbortController().signal;

/** A question that a test answers; without an answer it ends with the signal's reason. */
function question() {
  const answer = createDeferred<string>();
  let ended = false;
  const ask = async (signal: AbortSignal) => {
    try {
      return await untilAborted(answer.promise, signal);
    } finally {
      ended = true;
    }
  };
  return { ask, answer, hasEnded: () => ended };
}

test("answers stand in the order of the questions, which are all asked at once", async () => {
  const [first, second] = [question(), question()];
  const answers = untilDecided([first.ask, second.ask], isNo, never());
  second.answer.resolve("yes");
  await second.answer.promise;
  first.answer.resolve("perhaps");
  assert.deepEqual(await answers, ["perhaps", "yes"]);
  assert.deepEqual(await untilDecided([], isNo, never()), []);
});

test("an answer that decides stops the others, and they have ended when it is told", async () => {
  const [first, second, third] = [question(), question(), question()];
  const answers = untilDecided([first.ask, second.ask, third.ask], isNo, never());
  first.answer.resolve("yes");
  await first.answer.promise;
  second.answer.resolve("no");
  assert.deepEqual(await answers, ["yes", "no", undefined]);
  assert.ok(third.hasEnded());
});

test("a failure stops the others, and the first one is thrown", async () => {
  const [first, second] = [question(), question()];
  const answers = untilDecided([first.ask, second.ask], isNo, never());
  second.answer.reject(new Error("out of order"));
  await assert.rejects(answers, /out of order/);
  assert.ok(first.hasEnded());
});

test("an answer that decides counts though another question had failed before it", async () => {
  const failing = question();
  const failed = createDeferred<void>();
  const answers = untilDecided(
    [
      failing.ask,
      // Deaf to the signal: its answer was on the way already.
      async () => {
        await failed.promise;
        return "no";
      },
    ],
    isNo,
    never(),
  );
  failing.answer.reject(new Error("out of order"));
  await failing.answer.promise.catch(() => {});
  failed.resolve();
  assert.deepEqual(await answers, [undefined, "no"]);
});

test("the caller's signal stops all, and no listener stays on it", async () => {
  const caller = new AbortController();
  const questions = [question(), question()];
  const answers = untilDecided(
    questions.map(({ ask }) => ask),
    isNo,
    caller.signal,
  );
  caller.abort(new Error("gone"));
  await assert.rejects(answers, /gone/);
  assert.ok(questions.every(({ hasEnded }) => hasEnded()));
  const { signal } = new AbortController();
  await untilDecided([async () => "yes"], isNo, signal);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

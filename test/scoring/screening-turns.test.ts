/** @file One request's checks wait for each other, and leave when it ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";
import type { Verdict } from "../../src/scoring/ports.js";
import { CHECKS_AT_ONCE, takingTurns } from "../../src/scoring/screening-turns.js";
import { ALLOWED, ScriptedScreener, VIOLENT } from "./scripted-screener.js";

const NEVER = new AbortController().signal;

test("so many checks at once, the others when one has ended, each with its own verdict", async () => {
  const ends = new Map<string | undefined, ReturnType<typeof createDeferred<Verdict>>>();
  const screener = new ScriptedScreener(({ text }) => {
    const end = createDeferred<Verdict>();
    ends.set(text, end);
    return end.promise;
  });
  const inTurns = takingTurns(screener);
  const texts = Array.from({ length: CHECKS_AT_ONCE + 3 }, (_, i) => `${i}`);
  const verdicts = texts.map((text) => inTurns.screenText(text, NEVER));
  await new Promise(setImmediate);
  assert.equal(screener.asked.length, CHECKS_AT_ONCE);
  ends.get("3")?.resolve(VIOLENT);
  assert.equal(await verdicts[3], VIOLENT);
  await new Promise(setImmediate);
  assert.deepEqual(screener.texts, texts.slice(0, CHECKS_AT_ONCE + 1));
  for (let i = 0; i < texts.length; i++) {
    for (const end of ends.values()) end.resolve(ALLOWED);
    await new Promise(setImmediate);
  }
  assert.deepEqual(
    await Promise.all(verdicts),
    texts.map((text) => (text === "3" ? VIOLENT : ALLOWED)),
  );
});

test("what waits when the request ends is cancelled, and never asked", async () => {
  const screener = new ScriptedScreener(() => new Promise(() => {}));
  const inTurns = takingTurns(screener);
  const request = new AbortController();
  const verdicts = Array.from({ length: CHECKS_AT_ONCE + 2 }, (_, i) =>
    inTurns.screenText(`${i}`, request.signal),
  );
  await new Promise(setImmediate);
  request.abort();
  for (const verdict of verdicts) await assert.rejects(verdict, { name: "InpaintError", code: "CANCELLED" });
  assert.equal(screener.asked.length, CHECKS_AT_ONCE);
});

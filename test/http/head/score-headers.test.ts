import assert from "node:assert/strict";
import { test } from "node:test";
import { asksForEvents, priorityOf, timeoutMsOf } from "../../../src/http/head/score-headers.js";

const EVENTS = "text/event-stream";

for (const [accept, asked] of [
  [undefined, false],
  ["", false],
  ["*/*", false],
  ["text/*", false],
  ["application/json", false],
  ["text/event-streams", false],
  [EVENTS, true],
  ["Text/Event-Stream", true],
  [`${EVENTS};q=0.5`, true],
  [`${EVENTS} ; charset=utf-8 ; Q=1.0`, true],
  [`${EVENTS}, */*`, true],
  [`application/json, ${EVENTS}`, true],
  [`application/json;q=0.2, ${EVENTS};q=0.3`, true],
  [`application/json, ${EVENTS};q=0.9`, false],
  [`${EVENTS};q=0`, false],
  [`${EVENTS};q=0.000, */*`, false],
  [`${EVENTS};q=nonsense`, false],
  [`${EVENTS};q=2`, false],
] as const) {
  test(`Accept ${JSON.stringify(accept)} asks for ${asked ? "events" : "JSON"}`, () => {
    assert.equal(asksForEvents({ accept }), asked);
  });
}

test("a time limit is what the caller asks for, and at most the operator's", () => {
  for (const [text, expected] of [
    [undefined, 5000],
    ["1", 1],
    ["4999", 4999],
    ["5000", 5000],
    ["5001", 5000],
    ["9".repeat(400), 5000],
  ] as const) {
    assert.equal(timeoutMsOf({ "x-inpaint-timeout-ms": text }, 5000), expected);
  }
});

test("a time limit that is no whole number of at least 1 is refused by its header's name", () => {
  for (const text of ["", "0", "-1", "1.5", "1e3", "0x10", " 5", "5, 5", "NaN", "soon", "٣"]) {
    assert.throws(() => timeoutMsOf({ "x-inpaint-timeout-ms": text }, 5000), {
      code: "INVALID_INPUT",
      message: `header x-inpaint-timeout-ms: expected a whole number of milliseconds, at least 1, got ${JSON.stringify(text)}`,
    });
  }
});

test("the priority is online unless the caller says batch; other words are refused", () => {
  const of = (text?: string) => priorityOf({ "x-inpaint-priority": text });
  assert.deepEqual([of(), of("online"), of("batch")], ["online", "online", "batch"]);
  for (const text of ["", "Batch", "low", "online, batch"]) {
    assert.throws(() => of(text), {
      code: "INVALID_INPUT",
      message: `header x-inpaint-priority: expected online or batch, got ${JSON.stringify(text)}`,
    });
  }
});

/** @file Which of two jobs goes first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareJobs, type JobPlace, PRIORITIES, precedes } from "../../src/engine/job-order.js";

const place = (priority: "online" | "batch", deadlineMs: number, sequence: number): JobPlace => ({
  priority,
  deadlineMs,
  sequence,
});

test("online before batch, then the earliest deadline, then who came first", () => {
  const inOrder = [
    place("online", 10, 4),
    place("online", 20, 3),
    place("online", 20, 6),
    place("online", Number.POSITIVE_INFINITY, 1),
    place("online", Number.POSITIVE_INFINITY, 2),
    place("batch", 5, 5),
    place("batch", 6, 0),
  ];
  assert.deepEqual([...inOrder].reverse().sort(compareJobs), inOrder);
});

test("the order is total: of two jobs exactly one precedes, and it is transitive", () => {
  const deadline = fc.constantFrom(1, 2, Number.POSITIVE_INFINITY);
  const job = fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    deadlineMs: deadline,
    sequence: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(job, job, job, (a, b, c) => {
      const same = a.priority === b.priority && a.deadlineMs === b.deadlineMs && a.sequence === b.sequence;
      assert.equal(Number(precedes(a, b)) + Number(precedes(b, a)), same ? 0 : 1);
      if (precedes(a, b) && precedes(b, c)) assert.ok(precedes(a, c));
    }),
  );
});

/** @file Entries stay in the order in which they are served, whatever comes and goes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareJobs, type JobPlace, PRIORITIES } from "../../src/engine/job-order.js";
import { JobQueue } from "../../src/engine/job-queue.js";

const places = fc
  .array(
    fc.record({
      priority: fc.constantFrom(...PRIORITIES),
      deadlineMs: fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY),
    }),
    { maxLength: 40 },
  )
  .map((drawn) => drawn.map((place, i): JobPlace => ({ ...place, sequence: i + 1 })));

test("what was added and not removed is there, in order, and is found", () => {
  fc.assert(
    fc.property(places, fc.array(fc.nat({ max: 39 })), (all, removed) => {
      const queue = new JobQueue<{ readonly place: JobPlace }>(({ place }) => place);
      const entries = all.map((place) => ({ place }));
      for (const entry of entries) queue.add(entry);
      const gone = new Set(removed.flatMap((i) => entries[i] ?? []));
      for (const entry of gone) assert.equal(queue.remove(entry), true);
      for (const entry of gone) assert.equal(queue.remove(entry), false);
      const expected = entries
        .filter((entry) => !gone.has(entry))
        .sort((a, b) => compareJobs(a.place, b.place));
      assert.deepEqual(queue.entries, expected);
      assert.equal(queue.length, expected.length);
      for (const entry of entries) {
        assert.equal(queue.find(entry.place), gone.has(entry) ? undefined : entry);
        const before = expected.filter((other) => compareJobs(other.place, entry.place) < 0);
        assert.equal(queue.countBefore(entry.place), before.length);
      }
    }),
  );
});

/** @file Large arrays travel in parts, in order, and no message passes another: over a channel that only counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { turn as sharedTurn } from "../../src/async/turn.js";
import { PART_BYTES, PartReceiver, PartSender } from "../../src/engine/message-parts.js";

/** A channel whose messages leave when `leave` is called, copied as a real one does. */
function channel() {
  const receiver = new PartReceiver();
  const received: unknown[] = [];
  const largest: number[] = [];
  const waiting: (() => void)[] = [];
  const sender = new PartSender((message) => {
    return new Promise((resolve) => {
      const copy: unknown = structuredClone(message);
      largest.push("bytes" in message && message.bytes instanceof Uint8Array ? message.bytes.byteLength : 0);
      waiting.push(() => {
        const whole = receiver.receive(copy);
        if (whole !== undefined) received.push(whole);
        resolve();
      });
    });
  });
  const leaveAll = async () => {
    for (let idle = 0; idle < 3; idle++) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        next();
        idle = 0;
        await turn();
      }
      await turn();
    }
  };
  return { sender, received, largest, waiting, leaveAll };
}

const pixels = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * i) >> 5);
const run = (id: number, bytes: number) => ({
  type: "run",
  id,
  job: {
    prompt: "a",
    image: { width: 1, height: 1, data: pixels(bytes) },
    maskImage: { data: pixels(9) },
    list: [1, { a: 2 }],
  },
});

for (const bytes of [0, 1, PART_BYTES / 4, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES + 7]) {
  test(`a message with an array of ${bytes} bytes arrives as it was sent, in parts of at most ${PART_BYTES}`, async () => {
    const { sender, received, largest, leaveAll } = channel();
    const sent = sender.send(run(1, bytes));
    await leaveAll();
    await sent;
    assert.deepEqual(received, [run(1, bytes)]);
    assert.ok(Math.max(...largest) <= PART_BYTES);
  });
}

test("two large arrays of one message are kept apart", async () => {
  const message = { a: pixels(2 * PART_BYTES), b: { c: pixels(PART_BYTES).fill(7) } };
  const { sender, received, leaveAll } = channel();
  void sender.send(message);
  await leaveAll();
  assert.deepEqual(received, [message]);
});

test("what is sent later arrives later, however small", async () => {
  const { sender, received, leaveAll } = channel();
  void sender.send(run(1, 3 * PART_BYTES));
  void sender.send({ type: "cancel", id: 1 });
  void sender.send(run(2, 2 * PART_BYTES));
  void sender.send({ type: "cancel", id: 2 });
  await leaveAll();
  assert.deepEqual(received, [
    run(1, 3 * PART_BYTES),
    { type: "cancel", id: 1 },
    run(2, 2 * PART_BYTES),
    { type: "cancel", id: 2 },
  ]);
});

test("one part is on its way at a time: what waits costs no memory", async () => {
  const { sender, waiting, leaveAll } = channel();
  void sender.send(run(1, 3 * PART_BYTES));
  void sender.send(run(2, 3 * PART_BYTES));
  for (let i = 0; i < 5; i++) await turn();
  assert.equal(waiting.length, 1);
  await leaveAll();
});

test("a small message leaves at once when nothing waits, before and after a large one", async () => {
  const { sender, received, waiting, leaveAll } = channel();
  void sender.send({ type: "ping" });
  assert.equal(waiting.length, 1);
  await leaveAll();
  void sender.send(run(1, PART_BYTES));
  await leaveAll();
  void sender.send({ type: "ping" });
  assert.equal(waiting.length, 1);
  await leaveAll();
  assert.equal(received.length, 3);
});

test("the event loop turns between two parts of a channel that takes all at once", async () => {
  let turns = 0;
  const made: number[] = [];
  const sender = new PartSender(async () => {
    made.push(turns);
  });
  let stopped = false;
  const count = () => {
    turns++;
    if (!stopped) setImmediate(count);
  };
  setImmediate(count);
  await sender.send(run(1, 6 * PART_BYTES));
  stopped = true;
  assert.equal(new Set(made.slice(0, 6)).size, 6, made.join(", "));
});

test("a message that belongs to an earlier one passes what was sent after that, and never that one", async () => {
  const { sender, received, leaveAll } = channel();
  const first = sender.send(run(1, 3 * PART_BYTES));
  void sender.send(run(2, 3 * PART_BYTES));
  void sender.sendNextAfter(first, { type: "cancel", id: 1 });
  await leaveAll();
  assert.deepEqual(received, [run(1, 3 * PART_BYTES), { type: "cancel", id: 1 }, run(2, 3 * PART_BYTES)]);
});

test("parts do not wait for those who share the loop's turns", async () => {
  const others = 50;
  let turns = 0;
  const all = Array.from({ length: others }, async () => {
    for (let i = 0; i < 4; i++) {
      await sharedTurn();
      turns++;
    }
  });
  await new PartSender(async () => {}).send(run(1, 4 * PART_BYTES));
  assert.ok(turns < others, `${turns} turns of others`);
  await Promise.all(all);
});

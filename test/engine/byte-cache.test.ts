import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteCache } from "../../src/engine/byte-cache.js";

const bytes = (length: number) => new Uint8Array(length);
const cacheOf = (maxBytes: number) => new ByteCache<Uint8Array>(maxBytes, ({ byteLength }) => byteLength);

test("what was not asked for the longest is forgotten first, by bytes and not by entries", () => {
  const cache = cacheOf(100);
  cache.set("a", bytes(40));
  cache.set("b", bytes(30));
  cache.set("c", bytes(30));
  assert.ok(cache.get("a"));
  cache.set("d", bytes(20));
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => cache.get(key) !== undefined),
    [true, false, true, true],
  );
  assert.equal(cache.stats.bytes, 90);
  cache.set("e", bytes(100));
  assert.deepEqual({ ...cache.stats }, { hits: 4, misses: 1, entries: 1, bytes: 100, maxBytes: 100 });
});

test("a value larger than the whole is not kept and pushes nothing out", () => {
  const cache = cacheOf(100);
  cache.set("a", bytes(60));
  cache.set("large", bytes(101));
  assert.equal(cache.get("large"), undefined);
  assert.ok(cache.get("a"));
  cache.set("a", bytes(101));
  assert.equal(cache.get("a"), undefined, "what was replaced is gone");
  assert.deepEqual({ ...cache.stats }, { hits: 1, misses: 2, entries: 0, bytes: 0, maxBytes: 100 });
});

test("a value set again takes the other's place, also in the sum", () => {
  const cache = cacheOf(100);
  cache.set("a", bytes(60));
  const second = bytes(70);
  cache.set("a", second);
  assert.equal(cache.get("a"), second);
  assert.equal(cache.stats.bytes, 70);
});

test("each get is a hit or a miss", () => {
  const cache = cacheOf(2);
  cache.get("a");
  cache.set("a", bytes(1));
  cache.set("b", bytes(1));
  cache.get("b");
  cache.get("b");
  cache.set("c", bytes(1));
  assert.equal(cache.get("a"), undefined);
  assert.deepEqual({ ...cache.stats }, { hits: 2, misses: 2, entries: 2, bytes: 2, maxBytes: 2 });
});

test("a cache of 0 bytes is off: it keeps nothing and counts nothing", () => {
  const cache = cacheOf(0);
  cache.set("a", bytes(1));
  assert.equal(cache.get("a"), undefined);
  assert.equal(cache.enabled, false);
  assert.deepEqual({ ...cache.stats }, { hits: 0, misses: 0, entries: 0, bytes: 0, maxBytes: 0 });
  assert.equal(cacheOf(1).enabled, true);
});

test("memory stays below the bound over many entries", () => {
  const cache = cacheOf(1000);
  for (let i = 0; i < 10_000; i++) {
    cache.set(`${i}`, bytes(1 + (i % 97)));
    assert.ok(cache.stats.bytes <= 1000);
  }
  assert.ok(cache.stats.bytes > 1000 - 97, "and near it");
});

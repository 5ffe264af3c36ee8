/** @file What a map forgets that has an end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "../../src/engine/recent-map.js";

const fresh = () => "fresh";

test("what was used least recently is forgotten first", () => {
  const map = new RecentMap<string>(2);
  map.use("a", () => "first a");
  map.use("b", () => "first b");
  assert.equal(map.use("a", fresh), "first a");
  map.use("c", fresh);
  assert.equal(map.get("b"), undefined);
  assert.equal(map.get("a"), "first a");
  assert.equal([...map.values()].length, 2);
});

test("looking is not using", () => {
  const map = new RecentMap<string>(2);
  map.use("a", fresh);
  map.use("b", fresh);
  map.get("a");
  map.use("c", fresh);
  assert.equal(map.get("a"), undefined);
});

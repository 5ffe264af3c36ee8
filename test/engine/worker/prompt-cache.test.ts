import assert from "node:assert/strict";
import { after, test } from "node:test";
import { PromptCache } from "../../../src/engine/worker/prompt-cache.js";
import { loadTestModel } from "../../support/test-model.js";

const model = await loadTestModel();
after(() => model.release());

const ids = (prompt: string) => model.tokenizer.encode(prompt).ids;
const encode = (prompt: string, clipSkip = 0) => model.networks.encodePrompt(ids(prompt), clipSkip);

test("an encoding that was kept is, to the last bit, the one made anew after others", async () => {
  const cache = new PromptCache(1_000_000);
  assert.equal(cache.get(ids(""), 0), undefined);
  cache.set(ids(""), 0, await encode(""));
  cache.set(ids("a yellow cat"), 0, await encode("a yellow cat"));
  assert.deepEqual(cache.get(ids(""), 0), await encode(""));
  assert.deepEqual(cache.get(ids("a yellow cat"), 0), await encode("a yellow cat"));
  const { hits, misses, entries } = cache.stats;
  assert.deepEqual({ hits, misses, entries }, { hits: 2, misses: 1, entries: 2 });
});

test("another prompt or another number of layers is another entry", async () => {
  const cache = new PromptCache(1_000_000);
  cache.set(ids("a cat"), 1, await encode("a cat", 1));
  assert.ok(cache.get(ids("a cat"), 1));
  assert.equal(cache.get(ids("a cat"), 0), undefined);
  assert.equal(cache.get(ids("a cat"), 11), undefined);
  assert.equal(cache.get(ids("a dog"), 1), undefined);
  assert.notDeepEqual(cache.get(ids("a cat"), 1), await encode("a cat", 0));
});

test("what the caller does with its own encoding, and with its ids, changes nothing", async () => {
  const cache = new PromptCache(1_000_000);
  const key = ids("a cat");
  const embeds = await encode("a cat");
  cache.set(key, 0, embeds);
  embeds.data.fill(0);
  assert.deepEqual(cache.get(ids("a cat"), 0), await encode("a cat"));
  key.fill(0);
  assert.equal(cache.get(key, 0), undefined);
});

test("the size is that of the encodings, and the empty prompt outlives what is asked for once", async () => {
  const { byteLength } = (await encode("")).data;
  const cache = new PromptCache(3 * byteLength);
  cache.set(ids(""), 0, await encode(""));
  for (const prompt of ["a", "b", "c", "d", "e"]) {
    assert.ok(cache.get(ids(""), 0));
    cache.set(ids(prompt), 0, await encode(prompt));
  }
  const { bytes, entries } = cache.stats;
  assert.deepEqual({ bytes, entries }, { bytes: 3 * byteLength, entries: 3 });
});

test("two prompts in one run are refused", async () => {
  const both = Int32Array.of(...ids(""), ...ids("a cat"));
  const embeds = await model.networks.encodePrompt(both, 0);
  assert.throws(() => new PromptCache(1_000_000).set(ids(""), 0, embeds), RangeError);
});

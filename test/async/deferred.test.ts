import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "../../src/async/deferred.js";

test("the promise takes the first outcome and no other", async () => {
  const won = createDeferred<number>();
  won.resolve(1);
  won.resolve(2);
  won.reject(new Error("too late"));
  assert.equal(await won.promise, 1);

  const lost = createDeferred<number>();
  lost.reject(new Error("first"));
  lost.resolve(1);
  await assert.rejects(lost.promise, /first/);
});

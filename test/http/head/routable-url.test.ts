/** @file Which URL a request is routed by: its own, unless its path cannot be decoded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { routableUrl } from "../../../src/http/head/routable-url.js";

test("a path that can be decoded stays as it is, and so does its query, whatever is in it", () => {
  for (const url of ["/", "/score", "/score?x=%zz", "/%C3%A9", "/%2f%25", "/%25zz", "//", "/a#%zz", "/?"]) {
    assert.equal(routableUrl(url), url);
  }
});

test("one that cannot is that of no route, with its query", () => {
  for (const [url, expected] of [
    ["/%zz", "/%25"],
    ["/score%", "/%25"],
    ["/score%?version=3&x=%zz", "/%25?version=3&x=%zz"],
    ["/%ff", "/%25"],
    ["/%C3%28#x", "/%25#x"],
    ["*", "/%25"],
    ["", "/%25"],
    ["ftp://x/score", "/%25"],
  ] as const) {
    assert.equal(routableUrl(url), expected, url);
  }
});

test("of an absolute URL its path counts", () => {
  for (const [url, expected] of [
    ["http://example.com/score?x=1", "/score?x=1"],
    ["HTTPS://user@example.com:1234", "/"],
    ["http://example.com?x", "/?x"],
    ["http://example.com/%zz", "/%25"],
  ] as const) {
    assert.equal(routableUrl(url), expected, url);
  }
});

/** @file Fetching as decoding sees it: which text is a URL, what ends it, and that what was fetched is given back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { onAbort } from "../../src/async/abort.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { decodeImages } from "../../src/scoring/decode-images.js";
import { isUrl } from "../../src/scoring/image-url.js";
import { PixelBudget } from "../../src/scoring/pixel-budget.js";
import type { RequestImages } from "../../src/scoring/ports.js";
import { Problems } from "../../src/scoring/problems.js";
import { codec, never, SMALL } from "./scoring.js";

const URLS = [
  "https://a.test/0",
  " \nHTTP://a.test/1\r\n",
  "https://a.test/2",
  "https://a.test/3",
  "https://a.test/4",
];

function start(fetch: RequestImages["fetch"], { texts = URLS, signal = never, maxPixels = 1e6 } = {}) {
  const counts = { opened: 0, released: 0, fetchTimes: 0 };
  const problems = new Problems();
  const release = () => {
    counts.released++;
  };
  const source = {
    open: () => {
      counts.opened++;
      return { fetch, release };
    },
  };
  const decoded = decodeImages(
    texts.map((text, i) => ({ where: `data[${i}].image`, text, exifTranspose: false })),
    {
      codec,
      source,
      maxPixels,
      held: new PixelBudget(1e9, () => {}).hold(),
      problems,
      where: "input_data.data",
      onDecoded: () => {},
      onFetched: () => {
        counts.fetchTimes++;
      },
      signal,
    },
  );
  return { decoded, counts, problems };
}

/** Never there, until it is not wanted any more. */
const unfetched: RequestImages["fetch"] = (_url, signal) =>
  new Promise((_resolve, reject) => {
    onAbort(signal, () => reject(new InpaintError("CANCELLED", "the client went away")));
  });

test("a URL is told by how it begins", () => {
  assert.deepEqual(
    URLS.filter((text) => !isUrl(text)),
    [],
  );
  const others = [
    "",
    "http",
    "https:/a",
    "ftp://a/",
    "file:///a",
    "data:image/png;base64,aHR0cDovLw==",
    "see http://a/",
    SMALL,
  ];
  assert.deepEqual(others.filter(isUrl), []);
});

test("URLs are fetched, trimmed, and given back when their pixels are there; text is decoded beside them", async () => {
  const asked: string[] = [];
  const { decoded, counts } = start(
    async (url) => {
      asked.push(url);
      return Buffer.from(SMALL, "base64");
    },
    { texts: [...URLS.slice(0, 2), SMALL] },
  );
  const images = await decoded;
  assert.deepEqual(
    images.map((image) => image?.image.width),
    [25, 25, 25],
  );
  assert.deepEqual(
    images.map((image) => image?.fetchMs !== undefined),
    [true, true, false],
  );
  assert.deepEqual(asked, ["https://a.test/0", "HTTP://a.test/1"]);
  assert.deepEqual(counts, { opened: 1, released: 1, fetchTimes: 2 });
});

test("no URL, no fetching", async () => {
  const { decoded, counts } = start(unfetched, { texts: [SMALL] });
  await decoded;
  assert.equal(counts.opened, 0);
});

test("pixels are bounded for what was fetched too", async () => {
  const { decoded, problems } = start(async () => Buffer.from(SMALL, "base64"), {
    maxPixels: 5 * 25 * 19 - 1,
  });
  await decoded;
  assert.throws(() => problems.throwIfAny(), { message: /the images together hold more than 2374 pixels/ });
});

test("each image that cannot be fetched is a problem of its field, and the others are fetched all the same", async () => {
  const { decoded, counts, problems } = start(async (url) => {
    if (/[13]$/.test(url)) throw new InpaintError("INVALID_INPUT", "answered 404");
    return Buffer.from(SMALL, "base64");
  });
  await decoded;
  assert.throws(() => problems.throwIfAny(), {
    message: "data[1].image: answered 404; data[3].image: answered 404",
  });
  assert.deepEqual(counts, { opened: 1, released: 1, fetchTimes: 5 });
});

test("no memory for one of them ends the others' fetches, and is what the request is told", async () => {
  const { decoded, counts } = start((url, signal) =>
    url.endsWith("2") ? Promise.reject(new InpaintError("QUEUE_FULL", "no memory")) : unfetched(url, signal),
  );
  await assert.rejects(decoded, { code: "QUEUE_FULL", message: "no memory" });
  assert.deepEqual(counts, { opened: 1, released: 1, fetchTimes: 4 });
});

test("a client that goes ends the fetches", async () => {
  const client = new AbortController();
  const { decoded, counts } = start(unfetched, { signal: client.signal });
  client.abort();
  await assert.rejects(decoded, { code: "CANCELLED" });
  assert.equal(counts.released, 1);
});

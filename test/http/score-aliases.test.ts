/**
 * @file The scoring paths beside `/score`: what stands around their rows, and that all else is the same. The scorers
 * here answer at once; the engine behind HTTP is tested in test/server.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { BARE_ROWS, jsonRows, WITHIN_PREDICTIONS } from "../../src/http/answer/json-rows.js";
import type { ScoredRow, Scorer } from "../../src/scoring/score.js";
import { readEvents } from "../support/server-sent-events.js";
import { assertRefused, build, JSON_TYPE } from "./test-app.js";

/** Every scoring path whose rows stand within `predictions`. */
const ALIASES = ["/invocations", "/v1/models/stable-diffusion-2-inpainting:predict"] as const;

const row = (prompt: string): ScoredRow => ({
  prompt,
  generated_image: "QUJD",
  nsfw_content_detected: null,
});
const ROWS = [row("é"), row('"]}')];

function answering(rows: readonly ScoredRow[]): Scorer {
  return {
    score: async (_body, { observer }) => {
      observer?.onBegun();
      return { rows, seeds: rows.map((_row, i) => i), warnings: [], failures: [], blocked: false };
    },
  };
}

function postTo(t: TestContext, url: string, scorer: Scorer, headers: Record<string, string> = {}) {
  const { app } = build(t, { scorer });
  return app.inject({ method: "POST", url, payload: "{}", headers: { ...JSON_TYPE, ...headers } });
}

for (const url of ALIASES) {
  test(`${url} has the rows within predictions, the seeds in their header`, async (t) => {
    const reply = await postTo(t, url, answering(ROWS));
    assert.equal(reply.statusCode, 200);
    assert.equal(reply.headers["content-type"], "application/json");
    assert.equal(reply.headers["x-inpaint-seeds"], "0,1");
    assert.equal(reply.body, JSON.stringify({ predictions: ROWS }));
  });

  test(`${url} gives events too, the result's data being the plain body`, async (t) => {
    const reply = await postTo(t, url, answering(ROWS), { accept: "text/event-stream" });
    const { events } = readEvents(reply.body);
    assert.deepEqual(events, [
      { event: "seeds", data: "[0,1]" },
      { event: "result", data: JSON.stringify({ predictions: ROWS }) },
    ]);
  });

  test(`${url} refuses as /score does`, async (t) => {
    const full: Scorer = {
      score: async () => {
        throw new InpaintError("QUEUE_FULL", "no room for 41 s", { retryAfterMs: 40_500 });
      },
    };
    const refused = await postTo(t, url, full);
    assertRefused(refused, 429, "no room for 41 s");
    assert.equal(refused.headers["retry-after"], "41");
    assertRefused(
      await postTo(t, url, full, { "content-type": "text/csv" }),
      415,
      "Expects Content-Type to be application/json",
    );
    assertRefused(await postTo(t, url, full, { "x-inpaint-timeout-ms": "no" }), 400, /^header x-inpaint/);
    const get = await build(t).app.inject(url);
    assertRefused(get, 405, "The method is not allowed for the requested URL.");
    assert.equal(get.headers.allow, "POST");
  });
}

test("rows are JSON whatever their number, in pieces of which none is empty", () => {
  for (const rows of [[], [row("a")], ROWS]) {
    const bare = [...jsonRows(rows, BARE_ROWS)];
    const wrapped = [...jsonRows(rows, WITHIN_PREDICTIONS)];
    assert.equal(bare.join(""), JSON.stringify(rows));
    assert.equal(wrapped.join(""), JSON.stringify({ predictions: rows }));
    assert.ok([...bare, ...wrapped].every((piece) => piece !== ""));
  }
});

/** @file Content screening of whole servers: what is blocked, what is answered then, and what is told of it nowhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startFakeContentSafety } from "../support/fake-content-safety.js";
import {
  assertNothingTold,
  harmlessRow,
  maskOfCyan,
  plainPicture,
  redAndCyan,
  rowsRequest,
  startReadyScreenedServer,
} from "../support/screened-server.js";
import { TEST_KEY } from "../support/screening.js";
import type { Reply, TestServer } from "../support/server-process.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";

const RED = await plainPicture([255, 0, 0]);
const BLUE = await plainPicture([0, 0, 255]);
/** Harmless as they come; what the model makes of them is not. */
const TURNS_RED = { image: redAndCyan, mask_image: maskOfCyan };
const PROMPT = "an unmistakable zebra called Ferdinand";

interface Row {
  readonly prompt: string;
  readonly generated_image: string;
  readonly nsfw_content_detected: boolean | null;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
}

function rowsOf({ status, text }: Pick<Reply, "status" | "text">): readonly Row[] {
  assert.equal(status, 200, text.slice(0, 500));
  const rows: readonly Row[] = JSON.parse(text);
  assert.ok(Array.isArray(rows), text.slice(0, 500));
  return rows;
}

const isPng = (base64: string | undefined) => base64?.startsWith("iVBORw0KGgo") === true;

function assertEmptied(reply: Reply): void {
  assert.equal(reply.status, 200, reply.text.slice(0, 300));
  assert.equal(reply.text, "{}");
  assert.equal(reply.headers.get("content-type"), "application/json");
  assert.equal(reply.headers.get("x-inpaint-seeds"), null);
}

const checks = (server: TestServer, kind: string, outcome: string) =>
  server.metric(`inpaint_screening_checks_total{kind="${kind}",outcome="${outcome}"}`);

test("as the published scripts: {} for a blocked row, an empty image for a blocked result", async (t) => {
  const fake = await startFakeContentSafety(t, {
    key: TEST_KEY,
    blocklists: new Map([["house-rules", ["forbidden fruit"]]]),
  });
  const server = await startReadyScreenedServer(t, fake, { CONTENT_SAFETY_BLOCKLISTS: "house-rules" });
  for (const changes of [
    { prompt: `${PROMPT}, violence4` },
    { prompt: "FORBIDDEN fruit" },
    { prompt: `${"a long prompt ".repeat(40)} hate6` },
    { negative_prompt: `${PROMPT}, hate6` },
    { image: RED },
    { mask_image: BLUE },
  ]) {
    const body = rowsRequest([harmlessRow(), harmlessRow(changes)], { details: true });
    assertEmptied(await server.score(body));
  }
  const blocked = rowsRequest([harmlessRow({ prompt: "violence4" })]);
  const ofAlias = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(blocked),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  assertEmptied(await ofAlias("/invocations"));
  assertEmptied(await ofAlias("/v1/models/stable-diffusion-2-inpainting:predict"));
  assertEmptied(await ofAlias("/score", { accept: "text/event-stream" }));
  assert.equal(await server.metric("inpaint_unet_calls_total"), 0);

  // At the threshold, and not over it.
  const passing = harmlessRow({ prompt: "violence2 and sexual2", ...TURNS_RED, mask_image: undefined });
  const kept = await server.score(rowsRequest([{ ...passing, mask_image: await plainPicture([0, 0, 0]) }]));
  assert.deepEqual(
    rowsOf(kept).map(({ generated_image, nsfw_content_detected }) => [
      isPng(generated_image),
      nsfw_content_detected,
    ]),
    [[true, false]],
  );

  const mixed = rowsRequest([
    harmlessRow(),
    harmlessRow({ prompt: PROMPT, ...TURNS_RED, seed: 7 }),
    harmlessRow({ seed: 8 }),
  ]);
  for (const _again of [1, 2]) {
    const reply = await server.score(mixed);
    assert.deepEqual(
      rowsOf(reply).map((row) => [isPng(row.generated_image), row.nsfw_content_detected]),
      [
        [true, false],
        [false, true],
        [true, false],
      ],
    );
    assert.deepEqual(rowsOf(reply)[1], {
      prompt: PROMPT,
      generated_image: "",
      nsfw_content_detected: true,
    });
    assert.match(reply.headers.get("x-inpaint-seeds") ?? "", /^\d+,7,8$/);
  }
  const stream = await server.score(mixed, { headers: { accept: "text/event-stream" } });
  const { events } = readEvents(stream.text);
  assert.ok(events.every(({ data }) => !data.includes("preview")));
  const [rows] = dataOf(events, "result");
  assert.deepEqual(
    rowsOf({ status: 200, text: JSON.stringify(rows) }).map((row) => isPng(row.generated_image)),
    [true, false, true],
  );

  assert.ok((await checks(server, "text", "blocked")) >= 4);
  assert.ok((await checks(server, "image", "blocked")) >= 4);
  assert.ok((await server.metric('inpaint_stage_seconds_count{stage="screenOutput"}')) >= 7);
  const lines = server.process.records.filter(({ msg }) => msg === "content blocked");
  assert.deepEqual(Object.keys(lines[0] ?? {}).sort(), [
    "category",
    "content",
    "hostname",
    "level",
    "msg",
    "pid",
    "screeningRequestId",
    "severity",
    "time",
  ]);
  assert.equal(
    server.process.records.filter(({ msg }) => msg.startsWith("content safety refused")).length,
    9,
  );
  assert.deepEqual(fake.refusals, []);
  await assertNothingTold(server, [PROMPT, "forbidden", "violence4", TEST_KEY, "iVBOR", RED.slice(0, 60)]);
});

test("detailed, by thresholds of each category: what was found stands in its row, the others are made", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const server = await startReadyScreenedServer(t, fake, {
    CONTENT_SAFETY_RESPONSE: "detailed",
    CONTENT_SAFETY_THRESHOLD: "4",
    CONTENT_SAFETY_THRESHOLD_HATE: "6",
    CONTENT_SAFETY_THRESHOLD_VIOLENCE: "3",
    CONTENT_SAFETY_THRESHOLD_SEXUAL: "0",
  });
  const data = [
    { prompt: "hate6 selfharm4" },
    { prompt: "violence4" },
    { negative_prompt: "sexual2" },
    { prompt: "selfharm6" },
    { image: RED },
    { mask_image: RED },
    { image: BLUE },
    { seed: 7, ...TURNS_RED },
  ].map(harmlessRow);
  const rows = rowsOf(await server.score(rowsRequest(data)));
  assert.deepEqual(
    rows.map(({ generated_image, nsfw_content_detected, error }) => {
      assert.equal(isPng(generated_image), error === undefined);
      assert.equal(nsfw_content_detected, error !== undefined);
      return error && [error.code, error.field, error.category, error.severity];
    }),
    [
      undefined,
      ["CONTENT_BLOCKED", "prompt", "Violence", 4],
      ["CONTENT_BLOCKED", "negative_prompt", "Sexual", 2],
      ["CONTENT_BLOCKED", "prompt", "SelfHarm", 6],
      ["CONTENT_BLOCKED", "image", "Violence", 6],
      ["CONTENT_BLOCKED", "mask_image", "Violence", 6],
      undefined,
      ["CONTENT_BLOCKED", "generated_image", "Violence", 4],
    ],
  );
  assert.equal(
    rows[3]?.error?.message,
    "prompt was refused by Azure AI Content Safety: SelfHarm, severity 6",
  );
  assert.equal(await server.metric("inpaint_unet_calls_total"), 3);
});

test("CONTENT_SAFETY_ON_ERROR=allow: in an outage the image is returned, and everyone is told", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const server = await startReadyScreenedServer(t, fake, {
    CONTENT_SAFETY_ON_ERROR: "allow",
    CONTENT_SAFETY_TIMEOUT_MS: "60000",
    CONTENT_SAFETY_BREAKER_FAILURES: "1000",
  });
  // What the service rejects, a caller can bring about: that passes in no case.
  for (const fault of ["400", "413"]) {
    const reply = await server.score(rowsRequest([harmlessRow({ prompt: `[[fault ${fault}]]` })]));
    assert.equal(reply.status, 503, reply.text.slice(0, 200));
  }
  assert.equal(await server.metric("inpaint_unet_calls_total"), 0);
  fake.fail("500", Number.POSITIVE_INFINITY);
  const [row] = rowsOf(await server.score(rowsRequest([harmlessRow({ prompt: PROMPT })], { details: true })));
  assert.ok(isPng(row?.generated_image));
  assert.equal(row?.nsfw_content_detected, null);
  assert.ok(
    row?.warnings?.some((warning) => /nobody looked at it$/.test(warning)),
    `${row?.warnings}`,
  );
  assert.ok((await checks(server, "text", "unscreened")) >= 1);
  assert.ok((await checks(server, "image", "unscreened")) >= 2);
  const lines = server.process.records.filter(({ msg }) => msg === "content passes unscreened");
  assert.ok(lines.length >= 3);
  assert.ok(lines.every(({ failure, status }) => failure === "unavailable" && status === 500));
  await assertNothingTold(server, [PROMPT, TEST_KEY, "iVBOR"]);
});

test("a request of many rows asks in turns: it never fills the line by itself", async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY });
  const server = await startReadyScreenedServer(t, fake, {
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_TIMEOUT_MS: "120000",
  });
  const greys = Array.from({ length: 16 }, (_, i) => 100 + i);
  const strips = await Promise.all(greys.map((grey) => plainPicture([grey, grey, grey], 9000, 8)));
  const mask_image = await plainPicture([0, 0, 0]);
  const data = strips.map((image, i) => harmlessRow({ prompt: `row ${i}`, image, mask_image }));
  const rows = rowsOf(await server.score(rowsRequest(data)));
  assert.equal(rows.filter(({ generated_image }) => isPng(generated_image)).length, 16);
  assert.equal(await checks(server, "text", "refused"), 0);
  assert.ok(fake.maxInFlight <= 1, `${fake.maxInFlight} at once`);
});

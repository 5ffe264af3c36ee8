/**
 * @file Every fault of the service × text, image in and image out, through a whole server: no verdict is a 503 in time,
 * no model runs on what was not screened, and not a byte of an image leaves.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS, type FaultName } from "../support/content-safety-faults.js";
import { startFakeContentSafety } from "../support/fake-content-safety.js";
import {
  assertNothingTold,
  harmlessRow,
  plainPicture,
  rowsRequest,
  startReadyScreenedServer,
} from "../support/screened-server.js";
import { TEST_KEY } from "../support/screening.js";
import { messageOf, type Reply, type TestServer } from "../support/server-process.js";
import { dataOf, readEvents } from "../support/server-sent-events.js";

const NAMES = Object.keys(FAULTS) as readonly FaultName[];
const HARMLESS: readonly FaultName[] = ["extra category", "gzip"];
/** Nothing but the time limit ends them. */
const STALLS: readonly FaultName[] = ["no answer", "headers then stall", "gzip then stall"];
const IN_AN_HOUR: readonly FaultName[] = ["429 in an hour", "503 in an hour"];
const ABOUT_A_MINUTE: readonly FaultName[] = ["429 at a date"];

const TIMEOUT_MS = 10_000;
/** So many requests at a time as a busy machine serves within the time limit of one. */
const LANES = 24;
/** Ten times what the answers take. */
const FAR_TOO_LATE_MS = 300_000;

const PROMPT = "an unmistakable zebra called Ferdinand";
const INPUT_HEIGHT = 81;
const INPUT_MIN_WIDTH = 60;
/** The model makes edges of multiples of 8. */
const RESULT_HEIGHT = 80;
const RESULT_MIN_WIDTH = 64;

/** The size of a picture says how the fake is to fail with it: inputs and results by their heights. */
function faultOfImage(width: number, height: number): FaultName | undefined {
  if (height === INPUT_HEIGHT) return NAMES[width - INPUT_MIN_WIDTH];
  return height === RESULT_HEIGHT ? NAMES[(width - RESULT_MIN_WIDTH) / 8] : undefined;
}

const EVENTS = { accept: "text/event-stream" };

interface Case {
  readonly fault: FaultName;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answered {
  readonly fault: FaultName;
  readonly reply: Reply;
}

async function askAll(server: TestServer, cases: readonly Case[]): Promise<readonly Answered[]> {
  const waiting = cases.values();
  const answered: Answered[] = [];
  async function lane() {
    for (const { fault, body, headers } of waiting) {
      answered.push({ fault, reply: await server.score(body, { headers }) });
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
  return answered;
}

const requestOf = (body: unknown, fault: FaultName, headers = {}): Case => ({ fault, body, headers });

/** The documented words, and when to come back. */
function assertUnavailable(fault: FaultName, kind: "text" | "image", message: string, retryAfter: string) {
  assert.match(message, new RegExp(`^the ${kind} could not be screened: Azure AI Content Safety \\S`), fault);
  assert.ok(message.length < 250, message);
  if (STALLS.includes(fault)) {
    assert.match(message, /(gave no verdict within 10000 ms|did not answer within 5000 ms)$/, fault);
  }
  const seconds = Number(retryAfter);
  if (IN_AN_HOUR.includes(fault)) assert.equal(seconds, 60, fault);
  else if (ABOUT_A_MINUTE.includes(fault)) assert.ok(seconds > 30 && seconds <= 60, `${fault}: ${seconds}`);
  else assert.ok(seconds >= 1 && seconds <= 5, `${fault}: ${seconds}`);
}

function assertRefused({ fault, reply }: Answered, kind: "text" | "image"): void {
  assert.equal(reply.status, 503, `${fault}: ${reply.text.slice(0, 300)}`);
  assert.equal(reply.headers.get("content-type"), "application/json");
  assert.equal(reply.headers.get("x-ms-run-function-failed"), "False");
  assert.equal(reply.headers.get("x-inpaint-seeds"), null);
  assertUnavailable(fault, kind, messageOf(reply), reply.headers.get("retry-after") ?? "");
}

/** Steps may be told; neither a preview nor a result. */
function assertStreamRefused({ fault, reply }: Answered): void {
  assert.equal(reply.status, 200, fault);
  assert.equal(reply.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const { events } = readEvents(reply.text);
  for (const { event, data } of events.slice(0, -1)) {
    assert.match(event, /^(queued|progress)$/, fault);
    assert.match(data, /^\{[a-z_:",\d]*\}$/, fault);
    assert.ok(!data.includes("preview"), fault);
  }
  assert.equal(events.at(-1)?.event, "error", fault);
  const [told] = dataOf(events, "error");
  assert.ok(typeof told === "object" && told !== null && "body" in told && "headers" in told, fault);
  const { status, headers, body } = { status: undefined, ...told };
  assert.equal(status, 503, fault);
  const message = Object.values(body ?? {}).join();
  assertUnavailable(fault, "image", message, new Map(Object.entries(headers ?? {})).get("retry-after"));
}

test("no verdict, no image", { timeout: FAR_TOO_LATE_MS }, async (t) => {
  const fake = await startFakeContentSafety(t, { key: TEST_KEY, faultOfImage });
  const server = await startReadyScreenedServer(t, fake, {
    CONTENT_SAFETY_TIMEOUT_MS: String(TIMEOUT_MS),
    CONTENT_SAFETY_BREAKER_FAILURES: "1000",
    CONTENT_SAFETY_MAX_CONCURRENCY: "100",
  });

  await t.test("faults with texts and images that came in: 503, and no model runs", async () => {
    const ofText = NAMES.map((fault, i) => {
      const text = { [i % 2 === 0 ? "prompt" : "negative_prompt"]: `${PROMPT} [[fault ${fault}]]` };
      return requestOf(rowsRequest([harmlessRow(text)]), fault, i % 3 === 0 ? EVENTS : {});
    });
    const ofImage = await Promise.all(
      NAMES.map(async (fault, i) => {
        const picture = await plainPicture([90, 90, 90], INPUT_MIN_WIDTH + i, INPUT_HEIGHT);
        const row = harmlessRow({ [i % 2 === 0 ? "image" : "mask_image"]: picture });
        // A second row that would pass is not made either.
        return requestOf(rowsRequest([harmlessRow(), row]), fault, i % 3 === 0 ? EVENTS : {});
      }),
    );
    const fails = ({ fault }: Case) => !HARMLESS.includes(fault);
    const [texts, images] = [ofText.filter(fails), ofImage.filter(fails)];
    const answers = await askAll(server, [...texts, ...images]);
    assert.equal(answers.length, 2 * (NAMES.length - HARMLESS.length));
    for (const answered of answers) {
      assertRefused(answered, /^the text/.test(messageOf(answered.reply)) ? "text" : "image");
    }
    assert.equal(answers.filter(({ reply }) => /^the text/.test(messageOf(reply))).length, texts.length);
    assert.equal(await server.metric("inpaint_unet_calls_total"), 0);
    assert.equal(await server.metric('inpaint_errors_total{code="SCREENING_UNAVAILABLE"}'), answers.length);
    assert.equal(await server.metric("inpaint_jobs_admitted"), 0);
    assert.equal(await server.metric("inpaint_decoded_pixels"), 0);

    const harmless = [...ofText, ...ofImage].filter((one) => !fails(one)).map(({ body }) => body);
    for (const body of harmless) assert.equal((await server.score(body)).status, 200);
    assert.deepEqual(fake.refusals, [], "the service takes what it is sent");
    await assertNothingTold(server, [PROMPT, TEST_KEY, "iVBOR", "[[fault"]);
  });

  await t.test("faults with images that were made: 503, and not a byte of them leaves", async () => {
    const callsBefore = await server.metric("inpaint_unet_calls_total");
    // Two seeds: two pictures, and none is asked about for both answers at once.
    const cases = NAMES.flatMap((fault, i) => {
      const size = { height: RESULT_HEIGHT, width: RESULT_MIN_WIDTH + 8 * i, num_inference_steps: 1 };
      const bodyOf = (seed: number) => rowsRequest([harmlessRow({ prompt: PROMPT })], { ...size, seed });
      return [requestOf(bodyOf(1), fault), requestOf(bodyOf(2), fault, EVENTS)];
    });
    const answers = await askAll(
      server,
      cases.filter(({ fault }) => !HARMLESS.includes(fault)),
    );
    const [streams, plain] = [true, false].map((isStream) =>
      answers.filter(
        ({ reply }) => isStream === (reply.headers.get("content-type") ?? "").startsWith("text/event-stream"),
      ),
    );
    assert.equal(streams?.length, NAMES.length - HARMLESS.length);
    for (const answered of streams ?? []) assertStreamRefused(answered);
    for (const answered of plain ?? []) assertRefused(answered, "image");
    const made = (await server.metric("inpaint_unet_calls_total")) - callsBefore;
    assert.equal(made, answers.length, "each was made: what was refused is a picture");
    assert.equal(await server.metric("inpaint_jobs_admitted"), 0);
    for (const { fault, body, headers } of cases) {
      if (!HARMLESS.includes(fault)) continue;
      const reply = await server.score(body, { headers });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /"generated_image":"iVBOR.*"nsfw_content_detected":false/);
    }
    assert.deepEqual(fake.refusals, []);
    await assertNothingTold(server, [PROMPT, TEST_KEY, "iVBOR"]);
  });
});

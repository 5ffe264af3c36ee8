/** @file A real server process that screens by the fake service, and pictures whose verdict a test knows. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { FakeContentSafety } from "./fake-content-safety.js";
import { TEST_KEY } from "./screening.js";
import { startServer, type TestServer } from "./server-process.js";

const POLL_MS = 10;

type Colour = readonly [number, number, number];

const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];

/** A PNG in base64 of two colours side by side, the left one over `leftPart` of its width. */
async function twoColours(
  width: number,
  height: number,
  leftPart: number,
  [left, right]: readonly [Colour, Colour],
): Promise<string> {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(i % width < leftPart * width ? left : right, 3 * i);
  return (
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer()
  ).toString("base64");
}

export const plainPicture = (colour: Colour, width = 64, height = 64) =>
  twoColours(width, height, 1, [colour, colour]);

const LEFT_PART = 0.7;

/** Red beside cyan: Violence of severity 2. */
export const redAndCyan = await twoColours(64, 64, LEFT_PART, [
  [255, 0, 0],
  [0, 255, 255],
]);

/** What is painted over the cyan leaves more red than there was: the result has Violence of severity 4. */
export const maskOfCyan = await twoColours(64, 64, LEFT_PART, [BLACK, WHITE]);

const GREY_PICTURE = await plainPicture([120, 120, 120]);
const HALF_MASK = await twoColours(64, 64, 0.5, [BLACK, WHITE]);

/** A row that nobody minds, of a job that takes milliseconds. */
export const harmlessRow = (changes: Readonly<Record<string, unknown>> = {}) => ({
  prompt: "a wooden bench",
  image: GREY_PICTURE,
  mask_image: HALF_MASK,
  ...changes,
});

export const SMALL_JOB = { num_inference_steps: 1, height: 64, width: 64, scheduler: "DDIM" } as const;

export const rowsRequest = (
  data: readonly Readonly<Record<string, unknown>>[],
  parameters: Readonly<Record<string, unknown>> = {},
) => ({ input_data: { data, parameters: { ...SMALL_JOB, ...parameters } } });

export async function untilReady(server: TestServer): Promise<void> {
  while ((await server.get("/health/ready")).status !== 200) await sleep(POLL_MS);
}

/** Listening; with the key that the tests' fake takes. */
export const startScreenedServer = (
  t: TestContext,
  { url }: Pick<FakeContentSafety, "url">,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestServer> =>
  startServer(t, { CONTENT_SAFETY_ENDPOINT: url, CONTENT_SAFETY_KEY: TEST_KEY, ...environment });

export async function startReadyScreenedServer(
  ...parts: Parameters<typeof startScreenedServer>
): Promise<TestServer> {
  const server = await startScreenedServer(...parts);
  await untilReady(server);
  return server;
}

/** In no line of the log and in no metric. */
export async function assertNothingTold(server: TestServer, secrets: readonly string[]): Promise<void> {
  const { text } = await server.get("/metrics");
  const log = server.process.records.map((record) => JSON.stringify(record)).join("\n");
  for (const secret of secrets) {
    for (const told of [log, text]) assert.ok(!told.includes(secret), `told: ${secret.slice(0, 80)}`);
  }
}

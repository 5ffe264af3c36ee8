/** @file The application as tests build it, with a real scorer whose jobs must not run unless a test brings its own. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import type { TestContext } from "node:test";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { readSettings } from "../../src/config/settings.js";
import { buildApp } from "../../src/http/app.js";
import type { ServedModel } from "../../src/http/routes/info.js";
import { createSharpCodec } from "../../src/image/sharp-codec.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { JobRunner } from "../../src/scoring/ports.js";
import { createScorer, type Scorer } from "../../src/scoring/score.js";
import { unreachableRunner } from "../scoring/job-runners.js";
import { LogCapture } from "../support/log-capture.js";

const fixture = (path: string) => readFile(new URL(`../../../test/fixtures/${path}`, import.meta.url));
export const IMAGE_FILE = await fixture("dog-on-bench/image.png");
export const IMAGE = IMAGE_FILE.toString("base64");
export const MASK = (await fixture("dog-on-bench/mask.png")).toString("base64");
export const ROW = { prompt: "a cat", image: IMAGE, mask_image: MASK };
export const JSON_TYPE = { "content-type": "application/json" };

interface AppChanges {
  readonly env?: Readonly<Record<string, string>>;
  readonly isReady?: () => boolean;
  readonly model?: () => ServedModel | undefined;
  readonly scorer?: Scorer;
  /** Of the real scorer. */
  readonly runner?: JobRunner;
}

export function build(
  t: TestContext,
  {
    env = {},
    isReady = () => true,
    model = () => undefined,
    scorer,
    runner = unreachableRunner,
  }: AppChanges = {},
) {
  const settings = readSettings(env);
  const metrics = createMetrics();
  const log = new LogCapture();
  const codec = createSharpCodec({ maxPixels: settings.maxPixels });
  const app = buildApp({
    scorer: scorer ?? createScorer({ codec, runner, limits: settings, metrics }),
    isReady,
    model,
    metrics,
    logger: log.logger,
    settings,
  });
  t.after(() => app.close());
  return { app, log, metrics };
}

export const post = (
  app: FastifyInstance,
  payload: string | Buffer,
  headers: Record<string, string> = JSON_TYPE,
) => app.inject({ method: "POST", url: "/score", payload, headers });

/** The reply is `{"message"}` and nothing else, with this status. */
export function assertRefused(reply: LightMyRequestResponse, status: number, message: string | RegExp): void {
  assert.equal(reply.statusCode, status, reply.body);
  assert.equal(reply.headers["content-type"], "application/json");
  const parsed: unknown = reply.json();
  assert.ok(typeof parsed === "object" && parsed !== null && "message" in parsed, reply.body);
  assert.deepEqual(Object.keys(parsed), ["message"]);
  if (typeof message === "string") assert.equal(parsed.message, message);
  else assert.match(String(parsed.message), message);
}

/** A POST over a real connection, sent to its end whatever is answered meanwhile. */
export function send(
  url: URL,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    request.on("error", reject);
    request.end(body);
  });
}

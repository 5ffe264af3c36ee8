/** @file A real server on the random checkpoint for one test file: started, ready, and stopped with its test. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type LogRecord, ServerProcess } from "../../src/bin/server-process.js";
import { randomCheckpointPath } from "./paths.js";
import { codec, sampleImageFile, sampleMaskFile } from "./sample.js";

const POLL_MS = 10;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ScoredRow {
  readonly prompt: string;
  readonly generated_image: string;
  readonly nsfw_content_detected: null;
}

export class TestServer {
  readonly process: ServerProcess;
  readonly url: string;

  constructor(process: ServerProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  async get(path: string): Promise<Reply> {
    return readReply(await fetch(`${this.url}${path}`));
  }

  /** `body` is sent as JSON; a string or bytes go as they are. */
  async score(
    body: unknown,
    { signal, type = "application/json", headers = {} }: ScoreOptions = {},
  ): Promise<Reply> {
    const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    return readReply(
      await fetch(`${this.url}/score`, {
        method: "POST",
        headers: { "content-type": type, ...headers },
        body: raw,
        signal: signal ?? null,
      }),
    );
  }

  /** The value of a metric's line, 0 where it has none. `line` is the name with its labels. */
  async metric(line: string): Promise<number> {
    const { text } = await this.get("/metrics");
    const found = text.split("\n").find((candidate) => candidate.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1) ?? 0);
  }
}

/** Fulfilled once the server has made `calls` UNet calls for `reply`; rejects when it is answered before. */
export async function unetCallsMade(server: TestServer, calls: number, reply: Promise<Reply>): Promise<void> {
  let early: Reply | undefined;
  reply.then(
    (answered) => {
      early = answered;
    },
    () => {}, // whoever awaits the reply hears of it
  );
  while ((await server.metric("inpaint_unet_calls_total")) < calls) {
    if (early !== undefined)
      throw new Error(`answered too early, with ${early.status}: ${early.text.slice(0, 200)}`);
    await sleep(POLL_MS);
  }
}

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function readReply(response: Response): Promise<Reply> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/**
 * What a server of a test starts with: what a process needs to run, and the random checkpoint. Settings of whoever runs the
 * tests do not count.
 */
export const TEST_ENVIRONMENT = { PATH: process.env.PATH, MODEL_DIR: randomCheckpointPath } as const;

/** Listening, not necessarily ready. */
export async function startServer(
  t: TestContext,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const process_ = new ServerProcess({ ...TEST_ENVIRONMENT, ...environment });
  t.after(() => process_.stop());
  return new TestServer(process_, await process_.listening());
}

export async function startReadyServer(
  t: TestContext,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const server = await startServer(t, environment);
  await server.process.workerReady();
  return server;
}

const CARD_PROMPTS = [
  "Face of a yellow cat, high resolution, sitting on a park bench",
  "Face of a green cat, high resolution, sitting on a park bench",
] as const;
const IMAGE = sampleImageFile.toString("base64");
const MASK = sampleMaskFile.toString("base64");

/** The model card's request, literally: the column says `mask`, the rows say `mask_image`. */
export function cardRequest(parameters: Readonly<Record<string, unknown>>) {
  return {
    input_data: {
      columns: ["prompt", "image", "mask"],
      data: CARD_PROMPTS.map((prompt) => ({ prompt, image: IMAGE, mask_image: MASK })),
      index: [0, 1],
      parameters,
    },
  };
}

/** One row as an object, with `changes` to the row. A change to undefined leaves the key out. */
export function oneRowRequest(
  parameters: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>> = {},
) {
  const row = { prompt: CARD_PROMPTS[0], image: IMAGE, mask_image: MASK, ...changes };
  return { input_data: { columns: ["prompt", "image", "mask_image"], data: [row], parameters } };
}

/** The rows of a reply with status 200. */
export function rowsOf(reply: Reply): readonly ScoredRow[] {
  assert.equal(reply.status, 200, reply.text.slice(0, 500));
  const rows: unknown = JSON.parse(reply.text);
  assert.ok(Array.isArray(rows), "the reply is an array");
  return rows.map(scoredRow);
}

function scoredRow(row: unknown): ScoredRow {
  assert.ok(typeof row === "object" && row !== null);
  assert.deepEqual(Object.keys(row), ["prompt", "generated_image", "nsfw_content_detected"]);
  assert.ok("prompt" in row && typeof row.prompt === "string");
  assert.ok("generated_image" in row && typeof row.generated_image === "string");
  assert.ok("nsfw_content_detected" in row && row.nsfw_content_detected === null);
  return { prompt: row.prompt, generated_image: row.generated_image, nsfw_content_detected: null };
}

export const decodeResult = (row: ScoredRow) => codec.decode(Buffer.from(row.generated_image, "base64"));

/** The message of an error reply, whose body is `{"message"}` and nothing else. */
export function messageOf(reply: Reply): string {
  const body: unknown = JSON.parse(reply.text);
  assert.ok(typeof body === "object" && body !== null && "message" in body, reply.text);
  assert.deepEqual(Object.keys(body), ["message"]);
  return String(body.message);
}

export const isWorkerReady = ({ msg }: LogRecord) => msg === "worker ready";

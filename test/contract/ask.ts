/** @file Questions to a server over HTTP, and what an answer has to be. Knows no route and no expectation. */
import assert from "node:assert/strict";
import { messageOf, type Reply } from "../support/server-process.js";

/** Whatever answers at an address. */
export interface Endpoint {
  readonly url: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text without a type among the headers is sent as bytes are: without one. */
  readonly body?: string | Uint8Array;
}

export const JSON_TYPE = { "content-type": "application/json" } as const;
export const FAILED = "x-ms-run-function-failed";

export async function ask({ url }: Endpoint, path: string, question: Question = {}): Promise<Reply> {
  const { method = "GET", headers = {}, body } = question;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    redirect: "manual",
    ...(bytes !== undefined && { body: bytes }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** POSTs `body` to /score; text and bytes as they are, anything else as JSON. */
export function score(
  endpoint: Endpoint,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return post(endpoint, "/score", body, headers);
}

export function post(
  endpoint: Endpoint,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return ask(endpoint, path, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: raw });
}

/** The answer is `{"message"}` as JSON with this status; whether scoring failed is `failed`. */
export function assertRefused(
  reply: Reply,
  status: number,
  message: string | RegExp,
  failed: "True" | "False" = "False",
): void {
  assert.equal(reply.status, status, reply.text.slice(0, 500));
  assert.equal(reply.headers.get("content-type"), "application/json");
  if (typeof message === "string") assert.equal(messageOf(reply), message);
  else assert.match(messageOf(reply), message);
  assert.equal(reply.headers.get(FAILED), failed);
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject {
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value), `no object: ${value}`);
  return { ...value };
}

export const objectOf = (reply: Reply): JsonObject => asObject(JSON.parse(reply.text));

/** The rows of an answer with status 200, whatever keys they have. */
export function rowsIn(reply: Reply): readonly JsonObject[] {
  assert.equal(reply.status, 200, reply.text.slice(0, 500));
  const rows: unknown = JSON.parse(reply.text);
  assert.ok(Array.isArray(rows), "the reply is an array");
  return rows.map(asObject);
}

/** The first row's image, base64. */
export function imageIn(reply: Reply): string {
  const image = rowsIn(reply)[0]?.generated_image;
  assert.ok(typeof image === "string" && image !== "", reply.text.slice(0, 500));
  return image;
}

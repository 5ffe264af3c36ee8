/** @file The headers that every answer has, whatever it answers: ids, version, whether scoring failed. Knows no route. */
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import { SERVER_VERSION } from "../../config/server-version.js";
import type { Settings } from "../../config/settings.js";
import { type RequestIds, readRequestIds } from "../head/request-ids.js";
import { FUNCTION_FAILED_HEADER } from "./error-reply.js";

const IDS = new WeakMap<IncomingMessage, RequestIds>();

/** Read once a request: what is generated is the same for the log and the answer. */
export function requestIdsOf(raw: IncomingMessage): RequestIds {
  const known = IDS.get(raw);
  if (known !== undefined) return known;
  const ids = readRequestIds(raw.headers);
  IDS.set(raw, ids);
  return ids;
}

/** Answers that Azure ML's server gives before it looks at ids: neither they nor the version are on them. */
const BARE = new WeakSet<FastifyReply>();

export function leaveBare(reply: FastifyReply): void {
  BARE.add(reply);
}

/** Last of all, so that no route overrides them. */
export function addAnswerHeaders(
  app: FastifyInstance,
  { serverVersionHeader }: Pick<Settings, "serverVersionHeader">,
): void {
  const version = serverVersionHeader ? { "x-ms-server-version": `inpaint-server/${SERVER_VERSION}` } : {};
  app.addHook("onSend", async (request, reply) => {
    const type = reply.getHeader("content-type");
    const isJson = typeof type === "string" && type.startsWith("application/json");
    if (isJson && !reply.hasHeader(FUNCTION_FAILED_HEADER)) reply.header(FUNCTION_FAILED_HEADER, "False");
    if (!BARE.has(reply)) reply.headers({ ...version, ...requestIdsOf(request.raw).headers });
  });
}

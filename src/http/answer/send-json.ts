/** @file How a JSON reply is sent. Knows headers; knows no content. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { paced } from "../../async/in-slices.js";
import { jsonRows, type Presentation } from "./json-rows.js";

/** Sent as text, so that the type stays Azure ML's own: fastify would add a charset to it. */
export function sendJsonText(reply: FastifyReply, json: string): FastifyReply {
  return reply
    .type("application/json")
    .serializer((text: string) => text)
    .send(json);
}

export function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return sendJsonText(reply, JSON.stringify(value));
}

/** Rows as `presentation` has them, bytes in them as base64, each piece made when the client has read those before it. */
export function sendJsonRows(
  reply: FastifyReply,
  rows: readonly object[],
  presentation: Presentation,
): FastifyReply {
  return reply.type("application/json").send(Readable.from(paced(jsonRows(rows, presentation))));
}

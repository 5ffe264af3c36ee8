/** @file How a JSON reply is sent. Knows headers; knows no content. */
import type { FastifyReply } from "fastify";

/** Sent as text, so that the type stays Azure ML's own: fastify would add a charset to it. */
export function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply
    .type("application/json")
    .serializer((text: string) => text)
    .send(JSON.stringify(value));
}

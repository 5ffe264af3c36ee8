/**
 * @file Bodies of requests on their way to whoever handles them: as bytes, counted from the first to the end of their use.
 * Knows fastify's hooks; knows no route.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Budget } from "../../async/budget.js";
import type { Settings } from "../../config/settings.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { Metrics } from "../../observability/metrics.js";
import { whenReplyOver } from "../connection/reply-over.js";
import type { ArrivedBody } from "./arrived-body.js";
import { BodyReader } from "./body-reader.js";

export interface ReceiveBodiesOptions {
  readonly settings: Pick<Settings, "maxBodyBytes" | "maxUploadBytes">;
  readonly metrics: Pick<Metrics, "httpUploadBytes">;
  /** Throws when no body is to be read now. */
  readonly check: () => void;
}

/** From now on `request.body` of every request that has one is an ArrivedBody, and is dropped where nobody takes it. */
export function receiveBodies(
  app: FastifyInstance,
  { settings, metrics, check }: ReceiveBodiesOptions,
): void {
  const uploads = new Budget(settings.maxUploadBytes, (bytes) => metrics.httpUploadBytes.set(bytes));
  const reader = new BodyReader(settings.maxBodyBytes, uploads);
  const replies = new WeakMap<FastifyRequest, FastifyReply>();
  app.addHook("preParsing", async (request, reply) => {
    replies.set(request, reply);
  });
  // Every body arrives as bytes: fastify's own JSON parser answers in other words than Azure ML's.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest, message: IncomingMessage) => {
    check();
    const reply = replies.get(request);
    if (reply === undefined) throw new InpaintError("INTERNAL", "a request has no reply: this is a bug");
    const over = new AbortController();
    let body: ArrivedBody | undefined;
    whenReplyOver(request, reply, () => {
      over.abort(new InpaintError("CANCELLED", "the request was over before its body had come"));
      body?.drop();
    });
    try {
      body = await reader.read(message, over.signal);
    } catch (error) {
      if (!reply.sent) throw error;
      // It was answered while the body came, because its time was over: no handler will be called.
      return undefined;
    }
    if (over.signal.aborted) body.drop();
    return body;
  });
}

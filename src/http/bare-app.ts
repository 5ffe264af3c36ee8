/**
 * @file The HTTP application without routes: what every listener has of limits, errors, access, headers and log. Knows
 * fastify; knows no path.
 */
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Settings } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";
import type { Logger } from "../observability/logger.js";
import type { Metrics } from "../observability/metrics.js";
import { NO_TRACING, type Tracing } from "../observability/tracing.js";
import { addAnswerHeaders, requestIdsOf } from "./answer/answer-headers.js";
import { errorReply } from "./answer/error-reply.js";
import type { HeldAnswers } from "./answer/held-answers.js";
import { sendJson } from "./answer/send-json.js";
import { requireApiKey } from "./api-keys.js";
import { UnreadBodies } from "./body/unread-body.js";
import { arrivalOptions, ignoreExpectations, limitConnections } from "./connection/arrival.js";
import { PendingReplies } from "./connection/pending-replies.js";
import { limitPipelining } from "./connection/pipelining.js";
import { closeWhenStalled } from "./connection/stalled-answer.js";
import { refuseUnreadable, UnreadableRequests } from "./connection/unreadable-request.js";
import { allowOrigins } from "./cors.js";
import { routableUrl } from "./head/routable-url.js";
import { observeRequests, UNKNOWN_ROUTE } from "./observe-requests.js";
import { recordOf } from "./request-records.js";
import { answerOptions, collectMethods, refuseUnrouted } from "./unrouted.js";

/** What Azure ML's server answers as another error; the rest stays as it is. */
function translate(error: unknown, { azuremlStrict }: Settings): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (azuremlStrict && error.code === "BODY_NOT_UTF8") {
    return new InpaintError("INTERNAL", "the body is not UTF-8, answered as Azure ML does");
  }
  return error;
}

/** Bodies that are no stream: those count where they are made. */
function bytesOf(payload: unknown): number {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  return payload instanceof Uint8Array ? payload.length : 0;
}

export interface BareOptions {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly settings: Settings;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
  readonly heldAnswers: HeldAnswers;
}

/** What every listener has: limits, errors, headers, the log. Routes are to be added. */
export function bareApp({ metrics, logger, settings, tracing = NO_TRACING, heldAnswers }: BareOptions) {
  const loggerInstance: FastifyBaseLogger = logger;

  function replyWithError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const record = recordOf(request);
    if (record.isClosed) return; // what ended it is told, and nobody is left to answer
    const error = translate(thrown, settings);
    record.fail(error);
    const { status, headers, body } = errorReply(error);
    if (status === 500) request.log.error({ err: error }, "request failed");
    sendJson(reply.status(status).headers(headers), body);
  }

  const openReplies = new PendingReplies();
  const begunReplies = new PendingReplies();
  const unreadBodies = new UnreadBodies();
  const unreadable = new UnreadableRequests();
  const app: FastifyInstance = Fastify({
    loggerInstance,
    // One line a request, below, instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    ...arrivalOptions(settings.requestArrivalTimeoutMs),
    genReqId: (raw) => requestIdsOf(raw).requestId,
    return503OnClosing: false, // answered below, as every other error
    rewriteUrl: ({ url = "/" }) => routableUrl(url),
    frameworkErrors: replyWithError, // past all hooks: nothing should come to this
    clientErrorHandler(error, socket) {
      if (begunReplies.count(socket) > 0 || unreadBodies.has(socket)) {
        socket.destroy();
        return;
      }
      const status = refuseUnreadable(error, socket, logger);
      if (status === undefined) return;
      if (openReplies.count(socket) > 0) unreadable.add(socket, status, error);
      else metrics.httpRequests.inc({ route: UNKNOWN_ROUTE, status: String(status) });
    },
  });
  limitConnections(app.server, settings.maxConnections, logger);
  ignoreExpectations(app.server);
  limitPipelining(app, openReplies);
  observeRequests(app, { metrics, tracing, unreadable });
  allowOrigins(app, settings.corsOrigins);

  const methods = collectMethods(app);
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });

  addAnswerHeaders(app, settings);
  app.addHook("onSend", async (request, reply, payload) => {
    const { socket } = request.raw;
    const bytes = bytesOf(payload);
    const waitsBehind = reply.raw.socket === null;
    // Who does not read one answer gets no more of them; a first one is had by everybody.
    if (waitsBehind && socket.writableNeedDrain && !socket.destroyed && !heldAnswers.hasRoomFor(bytes)) {
      request.log.warn(
        "no room for an answer behind one that its client does not read; the connection is closed",
      );
      socket.destroy();
    }
    heldAnswers.hold(request, reply, bytes);
    // Else a connection that has its last reply would be kept open, and hold up the end of the server.
    if (closing) reply.header("connection", "close");
    else unreadBodies.discard(request, reply);
    begunReplies.add(request, reply);
    closeWhenStalled(request, reply, settings.responseStallTimeoutMs, () =>
      request.log.warn("the client does not read its answer; the connection is closed"),
    );
  });

  app.addHook("onRequest", async () => {
    if (closing) throw new InpaintError("SHUTTING_DOWN", "The server is shutting down.");
  });
  answerOptions(app, methods);
  requireApiKey(app, settings);
  app.addHook("onRequest", async ({ raw }) => {
    const { problem } = requestIdsOf(raw);
    if (problem !== undefined) throw problem;
  });

  refuseUnrouted(app, methods, settings);

  app.setErrorHandler(replyWithError);

  return app;
}

/**
 * @file The HTTP application: limits, body, routes, errors, access, log. The only room that knows fastify; knows
 * nothing of images and jobs, and opens no port (bin/ does).
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
import type { Scorer } from "../scoring/score.js";
import { addAnswerHeaders, leaveBare, requestIdsOf } from "./answer-headers.js";
import { requireApiKey } from "./api-keys.js";
import { arrivalOptions, ignoreExpectations, limitConnections } from "./arrival.js";
import { allowOrigins } from "./cors.js";
import { errorReply } from "./error-reply.js";
import { HeldAnswers } from "./held-answers.js";
import { observeRequests, UNKNOWN_ROUTE } from "./observe-requests.js";
import { PendingReplies } from "./pending-replies.js";
import { limitPipelining } from "./pipelining.js";
import { receiveBodies } from "./receive-bodies.js";
import { recordOf } from "./request-records.js";
import { routableUrl } from "./routable-url.js";
import { apiDocumentRoutes } from "./routes/api-documents.js";
import { healthRoutes } from "./routes/health.js";
import { infoRoute, type ServedModel } from "./routes/info.js";
import { kserveRoutes } from "./routes/kserve.js";
import { metricsRoute } from "./routes/metrics.js";
import { mlflowRoutes } from "./routes/mlflow.js";
import { scoreRoutes } from "./routes/score.js";
import { withScoringFaults } from "./scoring-faults.js";
import { sendJson } from "./send-json.js";
import { closeWhenStalled } from "./stalled-answer.js";
import { unknownModel } from "./unknown-model.js";
import { UnreadBodies } from "./unread-body.js";
import { refuseUnreadable, UnreadableRequests } from "./unreadable-request.js";
import { writtenPath } from "./written-path.js";

export interface AppOptions {
  readonly scorer: Scorer;
  /** Whether a job could be served now. */
  readonly isReady: () => boolean;
  /** The model that could serve a job now, if there is one. */
  readonly model: () => ServedModel | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly settings: Settings;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

/** Werkzeug's sentences, which Azure ML's clients see. */
const NOT_FOUND_MESSAGE =
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
const METHOD_NOT_ALLOWED_MESSAGE = "The method is not allowed for the requested URL.";

/** What fastify refuses by itself, and what Azure ML's server does not, as other errors; the rest stays as it is. */
function translate(error: unknown, { azuremlStrict }: Settings): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "FST_ERR_BAD_URL") return new InpaintError("NOT_FOUND", NOT_FOUND_MESSAGE);
  if (azuremlStrict && error.code === "BODY_NOT_UTF8") {
    return new InpaintError("INTERNAL", "the body is not UTF-8, answered as Azure ML does");
  }
  return error;
}

/** Azure ML's scoring path takes GET and HEAD itself, and refuses them in words of its own. */
function refuseAsScoringScript(method: string, path: string, { azuremlStrict }: Settings): void {
  if (path !== "/score") return;
  if (method === "HEAD") throw new InpaintError("METHOD_NOT_ALLOWED", "Method not allowed");
  if (method === "GET" && azuremlStrict) {
    throw new InpaintError("INPUT_DATA_MISSING", "A value is not provided for the 'input_data' parameter.");
  }
}

/** 200 on every path there is, as Azure ML's server; what browsers want to know is in the headers of `allowOrigins`. */
function answerOptions(app: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  app.addHook("onRequest", async (request, reply) => {
    if (request.method !== "OPTIONS") return;
    const [path = ""] = request.url.split("?", 1);
    const allowed = methods.get(path);
    if (allowed === undefined) {
      leaveBare(reply);
      throw new InpaintError("NOT_FOUND", NOT_FOUND_MESSAGE);
    }
    return reply
      .header("allow", [...allowed, "OPTIONS"].join(", "))
      .type("text/html; charset=utf-8")
      .send("");
  });
}

/** The methods each path answers, gathered as routes are added. */
function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const path = writtenPath(url);
    const known = methods.get(path) ?? new Set();
    for (const name of [method].flat()) known.add(name);
    methods.set(path, known);
  });
  return methods;
}

/** Bodies that are no stream: those count where they are made. */
function bytesOf(payload: unknown): number {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  return payload instanceof Uint8Array ? payload.length : 0;
}

interface BareOptions extends Pick<AppOptions, "metrics" | "logger" | "settings" | "tracing"> {
  readonly heldAnswers: HeldAnswers;
}

/** What every listener has: limits, errors, headers, the log. Routes are to be added. */
function bareApp({ metrics, logger, settings, tracing = NO_TRACING, heldAnswers }: BareOptions) {
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
    // Who reads none of several answers gets no more of them; a first one is had by everybody.
    if (begunReplies.count(socket) > 0 && !socket.destroyed && !heldAnswers.hasRoomFor(bytes)) {
      request.log.warn(
        "no room for an answer behind those that its client does not read; the connection is closed",
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

  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return;
    const [path = ""] = request.url.split("?", 1);
    refuseAsScoringScript(request.method, path, settings);
    leaveBare(reply);
    const allowed = methods.get(path);
    if (allowed === undefined) {
      throw new InpaintError("NOT_FOUND", unknownModel(path, settings.modelName) ?? NOT_FOUND_MESSAGE);
    }
    reply.header("allow", [...allowed].join(", "));
    throw new InpaintError("METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED_MESSAGE);
  });

  app.setErrorHandler(replyWithError);

  return app;
}

export function buildApp(options: AppOptions): FastifyInstance {
  const { isReady, model, metrics, settings } = options;
  const heldAnswers = new HeldAnswers(settings.maxHeldResponseBytes, (bytes) =>
    metrics.httpHeldResponseBytes.set(bytes),
  );
  const app = bareApp({ ...options, heldAnswers });
  const scorer = withScoringFaults(options.scorer, settings.azuremlStrict);

  app.decorate("heldAnswers", heldAnswers);
  receiveBodies(app, { settings, metrics, check: () => heldAnswers.check() });

  healthRoutes(app, isReady);
  mlflowRoutes(app, isReady);
  kserveRoutes(app, isReady, settings);
  infoRoute(app, model, settings);
  apiDocumentRoutes(app, settings);
  metricsRoute(app, metrics);
  scoreRoutes(app, scorer, settings);
  return app;
}

/** The probes alone, for a port of their own: whoever can reach it needs no key. */
export function buildHealthApp(options: Omit<AppOptions, "scorer" | "model">): FastifyInstance {
  const settings = { ...options.settings, apiKeys: [], corsOrigins: [] };
  const heldAnswers = new HeldAnswers(settings.maxHeldResponseBytes, () => {}); // the metric is the other port's
  const app = bareApp({ ...options, settings, heldAnswers });
  app.removeAllContentTypeParsers();
  healthRoutes(app, options.isReady);
  return app;
}

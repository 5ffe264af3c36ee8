/**
 * @file The HTTP application: limits, body, routes, errors, access log. The only room that knows fastify; knows
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
import type { Scorer } from "../scoring/score.js";
import { BegunReplies } from "./begun-replies.js";
import { errorReply } from "./error-reply.js";
import { apiDocumentRoutes } from "./routes/api-documents.js";
import { healthRoutes } from "./routes/health.js";
import { infoRoute, type ServedModel } from "./routes/info.js";
import { kserveRoutes } from "./routes/kserve.js";
import { metricsRoute } from "./routes/metrics.js";
import { mlflowRoutes } from "./routes/mlflow.js";
import { scoreRoutes } from "./routes/score.js";
import { sendJson } from "./send-json.js";
import { closeWhenStalled } from "./stalled-answer.js";
import { unknownModel } from "./unknown-model.js";
import { refuseUnreadable } from "./unreadable-request.js";
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
}

/**
 * Time for a whole request to arrive: the largest body at 2 Mbit/s. A client that trickles bytes holds nothing but
 * a socket meanwhile. There is no limit on the socket's silence before the reply: it is silent while a job runs.
 */
const REQUEST_TIMEOUT_MS = 120_000;

/** Werkzeug's sentences, which Azure ML's clients see. */
const NOT_FOUND_MESSAGE =
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
const METHOD_NOT_ALLOWED_MESSAGE = "The method is not allowed for the requested URL.";

/** What fastify and node refuse by themselves, as errors of ours; anything else stays as it is. */
function translate(error: unknown, maxBodyBytes: number): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new InpaintError(
        "BODY_TOO_LARGE",
        `POST body is too large; at most ${maxBodyBytes} bytes are accepted.`,
      );
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new InpaintError("BODY_NOT_JSON", "POST body is shorter or longer than its Content-Length.");
    case "FST_ERR_BAD_URL":
      return new InpaintError("NOT_FOUND", NOT_FOUND_MESSAGE);
    case "ECONNRESET":
      return new InpaintError("CANCELLED", "The client went away while sending.", { cause: error });
    default:
      return error;
  }
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

export function buildApp(options: AppOptions): FastifyInstance {
  const { scorer, isReady, model, metrics, logger, settings } = options;
  const loggerInstance: FastifyBaseLogger = logger;

  function replyWithError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = translate(thrown, settings.maxBodyBytes);
    const { status, headers, body } = errorReply(error);
    if (status === 500) request.log.error({ err: error }, "request failed");
    sendJson(reply.status(status).headers(headers), body);
  }

  const begunReplies = new BegunReplies();
  const app: FastifyInstance = Fastify({
    loggerInstance,
    // One line a request, below, instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false, // answered below, as every other error
    frameworkErrors: replyWithError,
    clientErrorHandler(error, socket) {
      if (begunReplies.has(socket)) socket.destroy();
      else refuseUnreadable(error, socket, logger);
    },
  });

  // Every body arrives as bytes: fastify's own JSON parser answers in other words than Azure ML's.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  const methods = collectMethods(app);
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });

  // Else a connection that has its last reply would be kept open, and hold up the end of the server.
  app.addHook("onSend", async (request, reply) => {
    if (closing) reply.header("connection", "close");
    begunReplies.add(request, reply);
    closeWhenStalled(request, reply, settings.responseStallTimeoutMs, () =>
      request.log.warn("the client does not read its answer; the connection is closed"),
    );
  });

  app.addHook("onRequest", async (request, reply) => {
    if (closing) throw new InpaintError("SHUTTING_DOWN", "The server is shutting down.");
    if (!request.is404) return;
    const [path = ""] = request.url.split("?", 1);
    const allowed = methods.get(path);
    if (allowed === undefined) {
      throw new InpaintError("NOT_FOUND", unknownModel(path, settings.modelName) ?? NOT_FOUND_MESSAGE);
    }
    reply.header("allow", [...allowed].join(", "));
    throw new InpaintError("METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED_MESSAGE);
  });

  app.setErrorHandler(replyWithError);

  app.addHook("onResponse", async (request, reply) => {
    const route = writtenPath(request.routeOptions.url ?? "unknown");
    metrics.httpRequests.inc({ route, status: String(reply.statusCode) });
    const { method } = request;
    request.log.info(
      { method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "answered",
    );
  });

  healthRoutes(app, isReady);
  mlflowRoutes(app, isReady);
  kserveRoutes(app, isReady, settings);
  infoRoute(app, model, settings);
  apiDocumentRoutes(app, settings);
  metricsRoute(app, metrics);
  scoreRoutes(app, scorer, settings);
  return app;
}

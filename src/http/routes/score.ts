/**
 * @file `POST /score` and its aliases, which differ in what stands around the rows of the answer. Knows the request's
 * outside (headers, bytes, JSON), its time and the client's presence; the scorer knows what is inside.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createDeferred } from "../../async/deferred.js";
import type { Settings } from "../../config/settings.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { Priority } from "../../scoring/ports.js";
import type { Scored, ScoreOptions, Scorer } from "../../scoring/score.js";
import { errorReply } from "../answer/error-reply.js";
import { EventStream } from "../answer/event-stream.js";
import { BARE_ROWS, type Presentation, WITHIN_PREDICTIONS } from "../answer/json-rows.js";
import { ScoreEvents } from "../answer/score-events.js";
import { sendJson, sendJsonRows } from "../answer/send-json.js";
import type { ArrivedBody } from "../body/arrived-body.js";
import { checkContentType, readJsonBody } from "../body/json-body.js";
import { whenReplyOver } from "../connection/reply-over.js";
import { asksForEvents, priorityOf, timeoutMsOf } from "../head/score-headers.js";
import { recordOf } from "../request-records.js";
import { TimeLimit } from "../time-limit.js";
import { predictPath } from "./kserve.js";

/** Proxies commonly cut a connection after a minute without a byte. */
const KEEP_ALIVE_MS = 15_000;
/** So that a stream whose client reads is never as silent as one whose client does not. */
const KEEP_ALIVES_PER_STALL = 3;

/** By path, what its clients expect around the rows. */
function scoringPaths({ modelName }: Settings): ReadonlyMap<string, Presentation> {
  return new Map([
    ["/score", BARE_ROWS],
    ["/invocations", WITHIN_PREDICTIONS], // MLflow's
    [predictPath(modelName), WITHIN_PREDICTIONS], // KServe's V1 protocol's
  ]);
}

interface ScoreRoute {
  Body: ArrivedBody | undefined;
}

/** What is known of a request from its head. */
interface Head {
  readonly limit: TimeLimit;
  readonly priority: Priority;
  /** Aborts when the connection closes before the reply has been written. */
  readonly gone: AbortSignal;
  /** From here on the handler answers when the limit passes. */
  readonly stopAnsweringLate: () => void;
}

/** What of an answer is large. */
const imageBytes = ({ rows }: Pick<Scored, "rows">) =>
  rows.reduce((bytes, { generated_image }) => bytes + generated_image.length, 0);

/** The words of warnings and failures quote the prompt, which is not for the log. */
function logScored(request: FastifyRequest, { blocked, warnings, failures }: Scored): void {
  if (blocked) request.log.info("content safety refused the request");
  if (warnings.length > 0) request.log.info({ warnings: warnings.length }, "scored with warnings");
  for (const err of failures) request.log.error({ err }, "a row failed");
}

export function scoreRoutes(app: FastifyInstance, scorer: Scorer, settings: Settings): void {
  const heads = new WeakMap<FastifyRequest, Head>();
  const keepAliveMs = Math.min(KEEP_ALIVE_MS, settings.responseStallTimeoutMs / KEEP_ALIVES_PER_STALL);

  /** Before the body is read: what the head says is wrong whatever the body says, and the clock runs. */
  async function onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { headers } = request;
    checkContentType(headers["content-type"]);
    const priority = priorityOf(headers);
    const limit = new TimeLimit(timeoutMsOf(headers, settings.scoringTimeoutMs));
    const gone = new AbortController();
    whenReplyOver(request, reply, (written) => {
      limit.stop();
      if (!written) gone.abort();
    });
    const stopAnsweringLate = limit.onPassed((error) => reply.send(error));
    heads.set(request, { limit, priority, gone: gone.signal, stopAnsweringLate });
  }

  /** The body is let go of once it is read, and kept by nobody until the answer: it may be as large as its images. */
  async function scoreBody({ body }: FastifyRequest<ScoreRoute>, options: ScoreOptions): Promise<Scored> {
    if (body === undefined) return scoreBytes(undefined, options);
    const { bytes, release } = body.take();
    return scoreBytes(bytes, { ...options, onRead: release }).finally(release);
  }

  async function scoreBytes(bytes: Buffer | undefined, options: ScoreOptions): Promise<Scored> {
    const value = await readJsonBody(bytes, options.signal);
    return scorer.score(value, options);
  }

  for (const [path, presentation] of scoringPaths(settings)) {
    app.post<ScoreRoute>(path, { onRequest }, (request, reply) => answer(request, reply, presentation));
  }

  async function answer(
    request: FastifyRequest<ScoreRoute>,
    reply: FastifyReply,
    presentation: Presentation,
  ): Promise<FastifyReply> {
    const head = heads.get(request);
    if (head === undefined) throw new InpaintError("INTERNAL", "a request has no head: this is a bug");
    const { limit, priority, gone, stopAnsweringLate } = head;
    stopAnsweringLate();
    const options: ScoreOptions = {
      signal: AbortSignal.any([gone, limit.signal]),
      deadlineMs: limit.deadlineMs,
      priority,
      record: recordOf(request),
    };
    if (asksForEvents(request.headers)) {
      return streamEvents(request, reply, presentation, limit, options);
    }
    const startMs = performance.now();
    const scored = await limit.over(scoreBody(request, options));
    reply.header("x-ms-run-fn-exec-ms", (performance.now() - startMs).toFixed(3));
    return sendScored(request, reply, presentation, scored);
  }

  function sendScored(
    request: FastifyRequest,
    reply: FastifyReply,
    presentation: Presentation,
    scored: Scored,
  ): FastifyReply {
    logScored(request, scored);
    // As Azure ML's safe deployments answer, whatever stands around the rows otherwise.
    if (scored.blocked) return sendJson(reply, {});
    request.server.heldAnswers.hold(request, reply, imageBytes(scored));
    return sendJsonRows(reply.header("x-inpaint-seeds", scored.seeds.join(",")), scored.rows, presentation);
  }

  /** The stream begins with the jobs: what is refused before that is answered like any other request. */
  async function streamEvents(
    request: FastifyRequest<ScoreRoute>,
    reply: FastifyReply,
    presentation: Presentation,
    limit: TimeLimit,
    options: ScoreOptions,
  ): Promise<FastifyReply> {
    const begun = createDeferred<void>();
    const stream = new EventStream(keepAliveMs);
    const events = new ScoreEvents(stream, {
      presentation,
      onBegun: begun.resolve,
      onPreviewFailed: (err) => request.log.warn({ err }, "a preview could not be made"),
    });
    const scored = limit.over(scoreBody(request, { ...options, observer: events }));
    try {
      const early = await Promise.race([begun.promise, scored]);
      if (early !== undefined) {
        stream.destroy();
        return sendScored(request, reply, presentation, early);
      }
    } catch (error) {
      stream.destroy();
      throw error;
    }
    scored
      .then((answer) => {
        logScored(request, answer);
        request.server.heldAnswers.hold(request, reply, imageBytes(answer));
        events.finish(answer);
      })
      .catch((error) => {
        recordOf(request).fail(error);
        const told = errorReply(error);
        const { status } = told;
        if (status === 500) request.log.error({ err: error }, "request failed");
        else request.log.info({ status }, "the stream ends with an error");
        events.fail(told);
      });
    return reply
      .headers({
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        // The server may begin to close meanwhile, and would wait for a connection that is kept.
        connection: "close",
      })
      .send(stream);
  }
}

/**
 * @file `POST /score`. Knows the request's outside (headers, bytes, JSON), its time and the client's presence; the
 * scorer knows what is inside.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createDeferred } from "../../async/deferred.js";
import type { Settings } from "../../config/settings.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import type { Priority } from "../../scoring/ports.js";
import type { Scored, ScoreOptions, Scorer } from "../../scoring/score.js";
import { errorReply } from "../error-reply.js";
import { EventStream } from "../event-stream.js";
import { checkContentType, parseJsonBody } from "../json-body.js";
import { ScoreEvents } from "../score-events.js";
import { asksForEvents, priorityOf, timeoutMsOf } from "../score-headers.js";
import { sendJson } from "../send-json.js";
import { TimeLimit } from "../time-limit.js";

/** Proxies commonly cut a connection after a minute without a byte. */
const KEEP_ALIVE_MS = 15_000;

/** What is known of a request from its head. */
interface Head {
  readonly limit: TimeLimit;
  readonly priority: Priority;
  /** From here on the handler answers when the limit passes. */
  readonly stopAnsweringLate: () => void;
}

/** Aborts when the connection closes before the reply has been written. */
function signalOfClient(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** The words of warnings and failures quote the prompt, which is not for the log. */
function logScored(request: FastifyRequest, { warnings, failures }: Scored): void {
  if (warnings.length > 0) request.log.info({ warnings: warnings.length }, "scored with warnings");
  for (const err of failures) request.log.error({ err }, "a row failed");
}

export function scoreRoute(app: FastifyInstance, scorer: Scorer, settings: Settings): void {
  const heads = new WeakMap<FastifyRequest, Head>();

  /** Before the body is read: what the head says is wrong whatever the body says, and the clock runs. */
  async function onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { headers } = request;
    checkContentType(headers["content-type"]);
    const priority = priorityOf(headers);
    const limit = new TimeLimit(timeoutMsOf(headers, settings.scoringTimeoutMs));
    reply.raw.once("close", () => limit.stop());
    const stopAnsweringLate = limit.onPassed((error) => reply.send(error));
    heads.set(request, { limit, priority, stopAnsweringLate });
  }

  app.post<{ Body: Uint8Array | undefined }>("/score", { onRequest }, async (request, reply) => {
    const head = heads.get(request);
    if (head === undefined) throw new InpaintError("INTERNAL", "a request has no head: this is a bug");
    const { limit, priority, stopAnsweringLate } = head;
    stopAnsweringLate();
    const options: ScoreOptions = {
      signal: AbortSignal.any([signalOfClient(reply), limit.signal]),
      deadlineMs: limit.deadlineMs,
      priority,
    };
    const body = parseJsonBody(request.body);
    if (asksForEvents(request.headers)) return streamEvents(request, reply, limit, body, options);
    const scored = await limit.over(scorer.score(body, options));
    logScored(request, scored);
    return sendJson(reply.header("x-inpaint-seeds", scored.seeds.join(",")), scored.rows);
  });

  /** The stream begins with the jobs: what is refused before that is answered like any other request. */
  async function streamEvents(
    request: FastifyRequest,
    reply: FastifyReply,
    limit: TimeLimit,
    body: unknown,
    options: ScoreOptions,
  ): Promise<FastifyReply> {
    const begun = createDeferred<void>();
    const stream = new EventStream(KEEP_ALIVE_MS);
    const events = new ScoreEvents(stream, {
      onBegun: begun.resolve,
      onPreviewFailed: (err) => request.log.warn({ err }, "a preview could not be made"),
    });
    const scored = limit.over(scorer.score(body, { ...options, observer: events }));
    try {
      await Promise.race([begun.promise, scored]);
    } catch (error) {
      stream.destroy();
      throw error;
    }
    scored
      .then((answer) => {
        logScored(request, answer);
        events.finish(JSON.stringify(answer.rows), answer.seeds); // throws for an answer longer than a string can be
      })
      .catch((error) => {
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

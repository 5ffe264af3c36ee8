/**
 * @file `POST /score`. Knows the body's outside (type, bytes, JSON) and the client's presence; the scorer knows what
 * is inside.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Scorer } from "../../scoring/score.js";
import { checkContentType, parseJsonBody } from "../json-body.js";
import { sendJson } from "../send-json.js";

/** Aborts when the connection closes before the reply has been written. */
function signalOfClient(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

export function scoreRoute(app: FastifyInstance, scorer: Scorer): void {
  app.post<{ Body: Uint8Array | undefined }>(
    "/score",
    // Before the body is read: the type is wrong whatever the body says.
    { onRequest: async (request) => checkContentType(request.headers["content-type"]) },
    async (request, reply) => {
      const signal = signalOfClient(reply);
      const { rows, seeds, warnings, failures } = await scorer.score(parseJsonBody(request.body), { signal });
      // Their words quote the prompt, which is not for the log.
      if (warnings.length > 0) request.log.info({ warnings: warnings.length }, "scored with warnings");
      for (const err of failures) request.log.error({ err }, "a row failed");
      return sendJson(reply.header("x-inpaint-seeds", seeds.join(",")), rows);
    },
  );
}

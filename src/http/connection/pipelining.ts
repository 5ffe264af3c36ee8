/** @file How many requests one connection may have open at a time. Knows connections; knows no request. */
import type { FastifyInstance } from "fastify";
import type { PendingReplies } from "./pending-replies.js";

/**
 * More than any client sends ahead of its answers. Node stops reading from a connection whose answers wait, but only
 * after what it has read: 64 kB, which is two thousand requests, each many times as large as its bytes once it is one.
 */
const MAX_PIPELINED_REQUESTS = 32;

/**
 * Beyond the maximum the connection is closed: it has no room for a refusal, which would wait behind the other answers.
 * To be called before any other hook is added, so that none hears of what is not answered. `open` is kept up to date.
 */
export function limitPipelining(app: FastifyInstance, open: PendingReplies): void {
  app.addHook("onRequest", async (request, reply) => {
    const { socket } = request.raw;
    if (!socket.destroyed && open.count(socket) < MAX_PIPELINED_REQUESTS) {
      open.add(request, reply);
      return;
    }
    reply.hijack(); // no other hook runs
    if (socket.destroyed) return;
    request.log.warn(
      { max: MAX_PIPELINED_REQUESTS },
      "the connection is closed: too many requests on it wait for their answers",
    );
    socket.destroy();
  });
}

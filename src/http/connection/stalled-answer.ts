/**
 * @file Lets go of a client that does not read its answer, which would keep it in memory for ever. Knows connections;
 * knows nothing of what is answered.
 */
import { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * From now on, until the reply is written whole, its connection is closed once it has taken nothing for `stallMs`: found
 * between one and two times `stallMs` after it took the last, since a timer of Node's that fires during a write only
 * looks how much of it has left. To be called when the reply begins: a connection is silent for as long as a job runs.
 */
export function closeWhenStalled(
  request: FastifyRequest,
  { raw }: FastifyReply,
  stallMs: number,
  onStalled: () => void,
): void {
  if (!(request.raw.socket instanceof Socket)) return; // a request that was injected has no connection
  raw.setTimeout(stallMs, () => {
    onStalled();
    raw.destroy();
  });
  // Before Node's own listener, which gives the connection its time to stay idle, or to the reply that is next on it.
  raw.prependOnceListener("finish", () => raw.setTimeout(0));
}

/** @file When nothing more will be sent in reply to a request. Knows connections; knows no route. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Call `listener` once: with true when the reply has been written whole, with false when its connection closed before.
 * It is the connection that is listened to: a request that waits on it behind another one (HTTP pipelining) has a reply
 * without a connection yet, which is never told that there will be none.
 */
export function whenReplyOver(
  { raw: { socket } }: FastifyRequest,
  { raw }: FastifyReply,
  listener: (written: boolean) => void,
): void {
  const known = LISTENERS.get(raw);
  if (known !== undefined) {
    known.push(listener);
    return;
  }
  const listeners = [listener];
  LISTENERS.set(raw, listeners);
  const closers = closersOf(socket);
  const tell = (written: boolean) => {
    for (const each of listeners) each(written);
  };
  const onClose = () => {
    raw.off("finish", onFinish);
    tell(false);
  };
  const onFinish = () => {
    closers.delete(onClose);
    tell(true);
  };
  closers.add(onClose);
  raw.once("finish", onFinish);
}

/** By reply, who waits for its end: they are more than Node thinks that one event should have. */
const LISTENERS = new WeakMap<ServerResponse, ((written: boolean) => void)[]>();

/** By connection, what its end means for the requests on it: as many as a client pipelines, so one listener for all. */
const CLOSERS = new WeakMap<Socket, Set<() => void>>();

function closersOf(socket: Socket): Set<() => void> {
  const known = CLOSERS.get(socket);
  if (known !== undefined) return known;
  const closers = new Set<() => void>();
  CLOSERS.set(socket, closers);
  socket.once("close", () => {
    for (const onClose of closers) onClose();
  });
  return closers;
}

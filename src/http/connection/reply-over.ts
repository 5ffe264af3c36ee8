/** @file When nothing more will be sent in reply to a request. Knows connections; knows no route. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Call `listener` once, at once when it is over: with true when the reply has been written whole, with false when its
 * connection closed before. It is the connection that is listened to: a request that waits on it behind another one (HTTP pipelining) has a reply
 * without a connection yet, which is never told that there will be none.
 */
export function whenReplyOver(
  { raw: { socket } }: FastifyRequest,
  { raw }: FastifyReply,
  listener: (written: boolean) => void,
): void {
  const known = WAITING.get(raw);
  if (known !== undefined) {
    if (known.written === undefined) known.listeners.push(listener);
    else listener(known.written);
    return;
  }
  const waiting: Waiting = { listeners: [listener], written: undefined };
  WAITING.set(raw, waiting);
  const closers = closersOf(socket);
  const tell = (written: boolean) => {
    waiting.written = written;
    for (const each of waiting.listeners.splice(0)) each(written);
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

interface Waiting {
  readonly listeners: ((written: boolean) => void)[];
  /** How the reply ended; undefined while it has not. */
  written: boolean | undefined;
}

/** By reply, who waits for its end: they are more than Node thinks that one event should have. */
const WAITING = new WeakMap<ServerResponse, Waiting>();

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

/** @file When nothing more will be sent in reply to a request. Knows connections; knows no route. */
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
  const onClose = () => {
    raw.off("finish", onFinish);
    listener(false);
  };
  const onFinish = () => {
    socket.off("close", onClose);
    listener(true);
  };
  socket.once("close", onClose);
  raw.once("finish", onFinish);
}

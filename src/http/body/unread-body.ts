/**
 * @file What still arrives of a body that was answered before its end. Knows connections; knows no reason.
 *
 * A connection that is closed with bytes in it that nobody has read is reset by TCP, and a client that is still sending
 * then may never see its answer. So the rest is read and thrown away, up to a limit.
 */
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Four times the default limit of a body: a client with the wrong picture gets to its answer, a hose does not. */
const MAX_UNREAD_BYTES = 134_217_728;
const MAX_UNREAD_MS = 10_000;

export class UnreadBodies {
  readonly #requests = new WeakMap<Socket, IncomingMessage>();

  /** Whether what comes on `socket` belongs to a request that was answered: what comes behind its body does not. */
  has(socket: Socket): boolean {
    return this.#requests.get(socket)?.complete === false;
  }

  /** To be called when the reply begins. The connection stays open meanwhile, and afterwards. */
  discard({ raw, log }: FastifyRequest, reply: FastifyReply): void {
    const { socket } = raw;
    if (raw.complete || !(socket instanceof Socket) || !hasBody(raw.headers)) return;
    reply.removeHeader("connection"); // fastify's, for want of somebody who reads the rest
    this.#requests.set(socket, raw);
    let unreadBytes = 0;
    const cut = () => {
      log.info({ unreadBytes }, "the rest of a body that was refused is not waited for");
      socket.destroy();
    };
    const timer = setTimeout(cut, MAX_UNREAD_MS);
    const onData = (chunk: Buffer) => {
      unreadBytes += chunk.length;
      if (unreadBytes > MAX_UNREAD_BYTES) cut();
    };
    raw.on("data", onData).once("close", () => {
      clearTimeout(timer);
      if (this.#requests.get(socket) === raw) this.#requests.delete(socket);
    });
    raw.resume();
  }
}

function hasBody(headers: FastifyRequest["headers"]): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

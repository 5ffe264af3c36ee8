/** @file How many replies of one kind are not written yet on each connection. Knows connections; knows no reply. */
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { whenReplyOver } from "./reply-over.js";

export class PendingReplies {
  /** Requests that are pipelined have several. */
  readonly #counts = new WeakMap<Socket, number>();

  /** Until the reply is written whole or its connection closes. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    this.#counts.set(socket, this.count(socket) + 1);
    whenReplyOver(request, reply, () => this.#counts.set(socket, this.count(socket) - 1));
  }

  count(socket: Socket): number {
    return this.#counts.get(socket) ?? 0;
  }
}

/** @file On which connections a reply has begun that is not written yet. Knows connections; knows no reply. */
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { whenReplyOver } from "./reply-over.js";

export class BegunReplies {
  /** Requests that are pipelined have several. */
  readonly #counts = new WeakMap<Socket, number>();

  /** The reply begins, or waits on its connection behind another one. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    this.#counts.set(socket, this.#of(socket) + 1);
    whenReplyOver(request, reply, () => this.#counts.set(socket, this.#of(socket) - 1));
  }

  /** Whether what is written to `socket` now would land inside of a reply. */
  has(socket: Socket): boolean {
    return this.#of(socket) > 0;
  }

  #of(socket: Socket): number {
    return this.#counts.get(socket) ?? 0;
  }
}

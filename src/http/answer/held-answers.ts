/**
 * @file Finished answers, refusals too, that wait in memory for their clients to read them: nothing else counts them any
 * more. Knows sizes; knows no content.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Budget } from "../../async/budget.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { whenReplyOver } from "../connection/reply-over.js";

/** Nobody knows how slowly they read; those that do not read at all are let go of. */
const RETRY_AFTER_MS = 5000;

export class HeldAnswers {
  readonly #budget: Budget;

  constructor(maxBytes: number, onChange: (heldBytes: number) => void) {
    this.#budget = new Budget(maxBytes, onChange);
  }

  /** Until the reply is written whole or its connection closes. An answer that exists is never refused. */
  hold(request: FastifyRequest, reply: FastifyReply, bytes: number): void {
    if (request.raw.socket.destroyed) return; // too late to be told that it closes
    const hold = this.#budget.hold();
    hold.take(bytes);
    whenReplyOver(request, reply, () => hold.release());
  }

  hasRoomFor(bytes: number): boolean {
    return this.#budget.hasRoomFor(bytes);
  }

  /** Throws InpaintError QUEUE_FULL while more is held than may be. */
  check(): void {
    if (this.#budget.hasRoomFor(0)) return;
    throw new InpaintError(
      "QUEUE_FULL",
      `clients have not read ${this.#budget.held} bytes of their answers; at most ${this.#budget.max} may wait`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
}

declare module "fastify" {
  interface FastifyInstance {
    readonly heldAnswers: HeldAnswers;
  }
}

/**
 * @file The answer to bytes that are no HTTP request: below the routes there is only a socket. Knows Node's parser
 * errors; knows no route.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "../../observability/logger.js";
import { FUNCTION_FAILED_HEADER } from "../answer/error-reply.js";

interface Refusal {
  readonly status: number;
  readonly message: string;
}

const MALFORMED: Refusal = { status: 400, message: "The request is not valid HTTP." };

/** Of Node's parser. */
const CUT_SHORT = "HPE_INVALID_EOF_STATE";

/** By the codes of Node's HTTP server; every other one says that the syntax is wrong. */
const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", { status: 408, message: "The request did not arrive in time." }],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", { status: 413, message: "The request's chunk extensions are too long." }],
  ["HPE_HEADER_OVERFLOW", { status: 431, message: "The request's headers are too long." }],
]);

/**
 * Answer on `socket`, on which no other reply has begun, and end it. Returns the status; undefined where the socket is
 * gone.
 */
export function refuseUnreadable(
  error: Error & { readonly code?: string },
  socket: Socket,
  logger: Logger,
): number | undefined {
  const { code = "" } = error;
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const { status, message } = REFUSALS.get(code) ?? MALFORMED;
  logger.info({ status, code }, "a request could not be read");
  const body = JSON.stringify({ message });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "content-type: application/json",
      `${FUNCTION_FAILED_HEADER}: False`,
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
    () => socket.destroy(),
  );
  return status;
}

/** On which connections a request was answered that had not arrived whole, and with which status. */
export class UnreadableRequests {
  readonly #statuses = new WeakMap<Socket, number>();

  /** Unless the client ended it before its end: it has gone, and whether it reads what it is told nobody knows. */
  add(socket: Socket, status: number, { code }: Error & { readonly code?: string }): void {
    if (code !== CUT_SHORT) this.#statuses.set(socket, status);
  }

  /** Once: of the requests on a connection that is closed then, the first is the one that was answered. */
  take(socket: Socket): number | undefined {
    const status = this.#statuses.get(socket);
    this.#statuses.delete(socket);
    return status;
  }
}

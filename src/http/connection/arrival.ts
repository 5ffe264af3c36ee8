/** @file How requests may arrive: how slowly, in what form, and on how many connections. Knows Node's server; knows no request. */
import type { Server } from "node:http";
import { AtMostEvery } from "../../async/at-most-every.js";
import type { Logger } from "../../observability/logger.js";

const MAX_HEAD_TIMEOUT_MS = 60_000;
/** Node looks from time to time whose time is over: so many times within the time, and this often at least. */
const CHECKS = 4;
const MAX_CHECK_MS = 30_000;
/** How often at most the log tells that connections are refused. */
const REFUSED_LOG_MS = 10_000;

/**
 * Options of fastify: a request that has not arrived whole after `timeoutMs` is answered with 408 by whoever handles
 * client errors. A client that trickles bytes holds nothing but a socket meanwhile. There is no limit on the socket's
 * silence before the reply: it is silent while a job runs. Without a Host header, which nothing here asks for, Node would
 * answer by itself, in a form of its own and unseen by the log.
 */
export function arrivalOptions(timeoutMs: number) {
  return {
    requestTimeout: timeoutMs,
    http: {
      requireHostHeader: false,
      headersTimeout: Math.min(timeoutMs, MAX_HEAD_TIMEOUT_MS),
      connectionsCheckingInterval: Math.min(Math.ceil(timeoutMs / CHECKS), MAX_CHECK_MS),
    },
  };
}

/** Beyond `max`, connections are closed as they come. */
export function limitConnections(server: Server, max: number, logger: Logger): void {
  server.maxConnections = max;
  let refused = 0;
  const tell = new AtMostEvery(REFUSED_LOG_MS, () => {
    logger.warn({ refused, max }, "connections are refused: too many are open");
    refused = 0;
  });
  server.on("drop", () => {
    refused++;
    tell.offer(undefined);
  });
  server.on("close", () => tell.stop());
}

/** `Expect: 100-continue` is met by Node; any other one is no reason to refuse what can be answered. */
export function ignoreExpectations(server: Server): void {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

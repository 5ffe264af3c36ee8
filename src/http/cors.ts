/** @file Which pages of other origins may call, and what they may read. Knows headers; knows no route. */
import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";

/** What a script may read of an answer beside what every script may. */
const EXPOSED_HEADERS = [
  "retry-after",
  "server-timing",
  "traceid",
  "x-inpaint-seeds",
  "x-ms-client-request-id",
  "x-ms-request-id",
  "x-ms-run-fn-exec-ms",
  "x-ms-run-function-failed",
  "x-ms-server-version",
  "x-request-id",
];

/**
 * To be called before any other hook is added, since a page can read an error only if it has these headers too. What a
 * browser asks beforehand (OPTIONS) gets its headers here; whether its path exists, others say.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const known = new Set(origins.map((origin) => origin.toLowerCase()));
  const isAllowed = (origin: string) => known.has("*") || known.has(origin.toLowerCase());
  // Called, not registered: fastify loads plugins later, and their hooks would come after those of the application.
  cors(
    app,
    {
      // Named even for `*`, as Azure ML's server does; `false` leaves the headers out.
      origin: (origin, done) => done(null, origin !== undefined && isAllowed(origin)),
      methods: ["GET", "POST"],
      exposedHeaders: EXPOSED_HEADERS,
      preflightContinue: true,
      strictPreflight: false,
    },
    (error) => {
      if (error !== undefined) throw error;
    },
  );
}

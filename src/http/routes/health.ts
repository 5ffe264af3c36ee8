/** @file The probes: Azure ML's `GET /`, liveness and readiness. Knows whether the engine is ready and nothing else. */
import type { FastifyInstance } from "fastify";
import { InpaintError } from "../../errors/inpaint-error.js";
import { sendJson } from "../answer/send-json.js";

/** `isReady` tells whether a job could be served now. HEAD is answered as GET, without a body. */
export function healthRoutes(app: FastifyInstance, isReady: () => boolean): void {
  // As Azure ML's own server: the word, as HTML, whatever the state of the model.
  app.get("/", { logLevel: "warn" }, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send("Healthy"),
  );

  // Being able to answer is what being alive means: the event loop turns.
  app.get("/health/live", { logLevel: "warn" }, async (_request, reply) =>
    sendJson(reply, { status: "live" }),
  );

  app.get("/health/ready", { logLevel: "warn" }, async (_request, reply) => {
    if (!isReady()) throw new InpaintError("NOT_READY", "The model is not ready to serve.");
    return sendJson(reply, { status: "ready" });
  });
}

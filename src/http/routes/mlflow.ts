/**
 * @file The probes of MLflow's scoring server: `/ping`, `/health`, `/version`; its `/invocations` is a scoring path.
 * Knows what its clients wait for; SageMaker and Databricks, which run such servers, probe `/ping`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SERVER_VERSION } from "../../config/server-version.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { sendJsonText } from "../answer/send-json.js";

/**
 * `isReady` tells whether a job could be served now. MLflow's server is healthy once its model is loaded, and its
 * clients wait for a 200 before they send anything: so does SageMaker. Hence a 503 until then, not a 200 as of `/`.
 */
export function mlflowRoutes(app: FastifyInstance, isReady: () => boolean): void {
  async function ping(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (!isReady()) throw new InpaintError("NOT_READY", "The model is not ready to serve.");
    return sendJsonText(reply, "\n");
  }

  for (const path of ["/ping", "/health"]) app.get(path, { logLevel: "warn" }, ping);

  app.get("/version", async (_request, reply) =>
    reply.type("text/plain; charset=utf-8").send(SERVER_VERSION),
  );
}

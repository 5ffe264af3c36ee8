/** @file `GET /swagger.json` as Azure ML's own server has it, and `GET /openapi.json`. Knows no document. */
import type { FastifyInstance } from "fastify";
import type { Settings } from "../../config/settings.js";
import { InpaintError } from "../../errors/inpaint-error.js";
import { sendJsonText } from "../answer/send-json.js";
import { createApiDocuments } from "../openapi/documents.js";

const DEFAULT_VERSION = "2";
/** Of a version that is none, in the refusal. */
const MAX_SHOWN_CHARS = 40;

interface SwaggerRoute {
  Querystring: { readonly version?: string | readonly string[] };
}

export function apiDocumentRoutes(app: FastifyInstance, settings: Settings): void {
  const documents = createApiDocuments(settings);

  app.get<SwaggerRoute>("/swagger.json", async ({ query }, reply) => {
    const [version = DEFAULT_VERSION] = [query.version].flat(); // the first, as Azure ML takes it
    const text = documents.swagger(version);
    if (text === undefined) {
      const shown = version.slice(0, MAX_SHOWN_CHARS);
      throw new InpaintError(
        "NOT_FOUND",
        `Swagger version [${shown}] is not valid. Supported versions: [2, 3, 3.1].`,
      );
    }
    return sendJsonText(reply, text);
  });

  app.get("/openapi.json", async (_request, reply) => sendJsonText(reply, documents.openApi()));
}

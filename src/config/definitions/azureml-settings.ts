/** @file How far answers are those of Azure ML's own server where this one's differ. Knows no answer. */
import type { Setting } from "../setting-kinds.js";

export const AZUREML_SETTINGS = {
  azuremlStrict: {
    kind: "switch",
    env: "AZUREML_STRICT",
    fallback: false,
    doc: "Answer a client's mistakes as Azure ML's server does: bad rows and parameters with its opaque 500, a body that is not UTF-8 with a 500, `GET /score` with a 400. Off: a 400 that says what is wrong and where.",
  },
  serverVersionHeader: {
    kind: "switch",
    env: "SERVER_VERSION_LOG_RESPONSE_ENABLED",
    fallback: true,
    doc: "Whether answers have the header `x-ms-server-version`; Azure ML's name.",
  },
} as const satisfies Record<string, Setting>;

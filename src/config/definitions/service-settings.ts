/** @file Under which names the server is found: in its OpenAPI document and by KServe's clients. Knows no route. */
import type { Setting } from "../setting-kinds.js";

export const SERVICE_SETTINGS = {
  modelName: {
    kind: "text",
    env: "MODEL_NAME",
    fallback: "stable-diffusion-2-inpainting",
    allowed: "letters, digits, `-`, `_` and `.`, at most 128",
    pattern: /^[A-Za-z0-9][\w.-]{0,127}$/,
    doc: "The model's name in KServe's paths, `/v1/models/<name>` and `/v2/models/<name>`. Clients use the name of the InferenceService unless told otherwise.",
  },
  serviceName: {
    kind: "text",
    env: "SERVICE_NAME",
    fallback: "ML service",
    allowed: "text",
    doc: "Title of the OpenAPI documents; Azure ML's variable and default.",
  },
  serviceVersion: {
    kind: "text",
    env: "SERVICE_VERSION",
    fallback: "1.0",
    allowed: "text",
    doc: "Version in the OpenAPI documents; Azure ML's variable and default. The server's own is at `/version`.",
  },
  servicePathPrefix: {
    kind: "text",
    env: "SERVICE_PATH_PREFIX",
    fallback: "",
    allowed: "a path, such as `/api/v1/inpaint`",
    pattern: /^\/?[\w.~-]+(?:\/[\w.~-]+)*\/?$/,
    doc: "Stands before every path of the OpenAPI documents, for a proxy that removes it. The server itself listens without it.",
  },
} as const satisfies Record<string, Setting>;

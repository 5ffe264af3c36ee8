/** @file All that a document of any version says. Knows the settings that name the service; renders nothing. */
import type { Settings } from "../../config/settings.js";
import { withEveryReply } from "./every-reply.js";
import { type JsonSchema, referredComponent } from "./json-schema.js";
import type { Operation } from "./operation.js";
import { kserveOperations, MLFLOW_OPERATIONS } from "./protocol-operations.js";
import { componentSchemas } from "./schemas.js";
import { scoringOperations } from "./scoring-operations.js";
import { AZUREML_OPERATIONS, SERVER_OPERATIONS } from "./server-operations.js";

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Before every path; empty or with a leading slash. */
  readonly pathPrefix: string;
  readonly operations: readonly Operation[];
  /** By name, all that the operations refer to. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** Azure ML's own paths, or every path there is. */
export type Extent = "azureml" | "all";

const ABOUT =
  "Repaints the white part of a mask in a photograph by a prompt, with a Stable Diffusion checkpoint. Every GET is answered to HEAD, too.";

export const BEARER = {
  name: "Bearer",
  description:
    "`Authorization: Bearer <key>`, where the operator or the platform in front of the server wants one.",
} as const;

/** Names of the components that `value` refers to, directly. */
function referencesIn(value: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const item of value) referencesIn(item, found);
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const name = key === "$ref" && typeof inner === "string" ? referredComponent(inner) : undefined;
      if (name === undefined) referencesIn(inner, found);
      else found.add(name);
    }
  }
  return found;
}

/** Those of `schemas` that `operations` need, those that these need, and so on. */
function needed(
  operations: readonly Operation[],
  schemas: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, JsonSchema>> {
  const names = new Set(referencesIn(operations));
  for (const name of names) for (const inner of referencesIn(schemas[name])) names.add(inner); // a set grows as it is read
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)));
}

export function describeApi(settings: Settings, extent: Extent): ApiDescription {
  const scoring = scoringOperations(settings, { azureMl: extent === "azureml" });
  const operations =
    extent === "all"
      ? [
          ...AZUREML_OPERATIONS,
          ...scoring,
          ...SERVER_OPERATIONS,
          ...MLFLOW_OPERATIONS,
          ...kserveOperations(settings),
        ]
      : [...AZUREML_OPERATIONS, ...scoring.filter(({ tag }) => tag === "Azure ML")];
  const prefix = settings.servicePathPrefix.replace(/^\/|\/$/g, "");
  return {
    title: settings.serviceName,
    version: settings.serviceVersion,
    description: ABOUT,
    pathPrefix: prefix === "" ? "" : `/${prefix}`,
    operations: operations.map((operation) => withEveryReply(operation, settings)),
    schemas: needed(operations, componentSchemas(settings)),
  };
}

/** @file The API documents as JSON text, each made when it is first asked for. Knows which there are. */
import type { Settings } from "../../config/settings.js";
import { describeApi } from "./api-description.js";
import { renderOpenApi } from "./openapi-3.js";
import { SWAGGER_VERSIONS, type SwaggerVersion } from "./server-operations.js";
import { renderSwagger } from "./swagger-2.js";

export interface ApiDocuments {
  /** Azure ML's paths; undefined for a version that there is none of. */
  swagger(version: string): string | undefined;
  /** Every path, OpenAPI 3.1. */
  openApi(): string;
}

function render(settings: Settings, version: SwaggerVersion): object {
  const api = describeApi(settings, "azureml");
  switch (version) {
    case "2":
    case "2.0":
      return renderSwagger(api);
    case "3":
    case "3.0":
      return renderOpenApi(api, "3.0");
    case "3.1":
      return renderOpenApi(api, "3.1");
  }
}

export function createApiDocuments(settings: Settings): ApiDocuments {
  const made = new Map<string, string>();
  function once(name: string, make: () => object): string {
    const text = made.get(name) ?? JSON.stringify(make());
    made.set(name, text);
    return text;
  }
  return {
    swagger(asked) {
      const version = SWAGGER_VERSIONS.find((each) => each === asked);
      return version && once(version, () => render(settings, version));
    },
    openApi: () => once("all", () => renderOpenApi(describeApi(settings, "all"), "3.1")),
  };
}

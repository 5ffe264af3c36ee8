/** @file A document of OpenAPI 3.0.3 or 3.1.0. Knows the versions' words; knows no operation. */
import { type ApiDescription, BEARER } from "./api-description.js";
import { inDialect, type JsonSchema } from "./json-schema.js";
import { mapValues } from "./map-values.js";
import { type Header, type Media, type Operation, type Parameter, type Reply, TAGS } from "./operation.js";

const FULL_VERSIONS = { "3.0": "3.0.3", "3.1": "3.1.0" } as const;
export type OpenApiVersion = keyof typeof FULL_VERSIONS;

/** `api` as a JSON value. */
export function renderOpenApi(api: ApiDescription, version: OpenApiVersion): object {
  const schemaOf = (schema: JsonSchema) => inDialect(schema, version);
  const withSchema = <T extends Media | Header | Parameter>(part: T) => ({
    ...part,
    schema: schemaOf(part.schema),
  });

  const replyOf = ({ description, headers, content }: Reply) => ({
    description,
    ...(headers && { headers: mapValues(headers, withSchema) }),
    ...(content && { content: mapValues(content, withSchema) }),
  });

  function operationOf({ path, method, tag, parameters, requestBody, replies, ...told }: Operation) {
    return {
      ...told,
      tags: [tag],
      ...(parameters && { parameters: parameters.map(withSchema) }),
      ...(requestBody && {
        requestBody: {
          required: true,
          content: { "application/json": withSchema(requestBody) },
        },
      }),
      responses: mapValues(replies, replyOf),
    };
  }

  const used = new Set<string>(api.operations.map(({ tag }) => tag));
  return {
    openapi: FULL_VERSIONS[version],
    info: { title: api.title, description: api.description, version: api.version },
    tags: Object.entries(TAGS)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    security: [{ [BEARER.name]: [] }],
    paths: Object.fromEntries(
      api.operations.map((operation) => [
        api.pathPrefix + operation.path,
        { [operation.method]: operationOf(operation) },
      ]),
    ),
    components: {
      schemas: mapValues(api.schemas, schemaOf),
      securitySchemes: {
        [BEARER.name]: { type: "http", scheme: "bearer", description: BEARER.description },
      },
    },
  };
}

/**
 * @file A document of Swagger 2.0. Knows the version's words; knows no operation. A reply has one schema there, and a
 * body has its example in its schema.
 */
import { type ApiDescription, BEARER } from "./api-description.js";
import { inDialect } from "./json-schema.js";
import { mapValues } from "./map-values.js";
import { type Operation, type Parameter, type Reply, TAGS } from "./operation.js";

const JSON_TYPE = "application/json";

/** The media type that a client gets which asks for none, and what it holds. */
function mainContent({ content = {} }: Reply) {
  const [main] = Object.entries(content);
  return main === undefined ? undefined : { mediaType: main[0], ...main[1] };
}

function replyOf(reply: Reply) {
  const main = mainContent(reply);
  return {
    description: reply.description,
    ...(reply.headers && {
      headers: mapValues(reply.headers, ({ description, schema }) => ({
        description,
        ...inDialect(schema, "2.0"),
      })),
    }),
    ...(main && { schema: inDialect(main.schema, "2.0") }),
    ...(main?.example !== undefined && { examples: { [main.mediaType]: main.example } }),
  };
}

const parameterOf = ({ schema, ...told }: Parameter) => ({ ...told, ...inDialect(schema, "2.0") });

function operationOf({ path, method, tag, parameters = [], requestBody, replies, ...told }: Operation) {
  const body = requestBody && {
    name: "serviceInput",
    in: "body",
    required: true,
    schema: inDialect(requestBody.schema, "2.0"),
  };
  const mediaTypes = Object.values(replies).map((reply) => mainContent(reply)?.mediaType ?? JSON_TYPE);
  return {
    ...told,
    tags: [tag],
    ...(body && { consumes: [JSON_TYPE] }),
    produces: [...new Set(mediaTypes)],
    parameters: [...(body ? [body] : []), ...parameters.map(parameterOf)],
    responses: mapValues(replies, replyOf),
  };
}

/** `api` as a JSON value. */
export function renderSwagger(api: ApiDescription): object {
  const used = new Set<string>(api.operations.map(({ tag }) => tag));
  return {
    swagger: "2.0",
    info: { title: api.title, description: api.description, version: api.version },
    tags: Object.entries(TAGS)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    security: [{ [BEARER.name]: [] }],
    securityDefinitions: {
      [BEARER.name]: {
        type: "apiKey",
        name: "Authorization",
        in: "header",
        description: BEARER.description,
      },
    },
    paths: Object.fromEntries(
      api.operations.map((operation) => [
        api.pathPrefix + operation.path,
        { [operation.method]: operationOf(operation) },
      ]),
    ),
    definitions: mapValues(api.schemas, (schema) => inDialect(schema, "2.0")),
  };
}

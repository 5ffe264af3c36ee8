/** @file What an API document says of one operation, in no version's words. Knows no path and no version. */
import type { JsonSchema } from "./json-schema.js";

export interface Parameter {
  readonly name: string;
  readonly in: "header" | "query";
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Header {
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Media {
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

/** By media type. The first is the one a client gets that asks for none. */
type Content = Readonly<Record<string, Media>>;

export interface Reply {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Content;
}

export interface RequestExample {
  readonly summary: string;
  readonly value: unknown;
}

/** A request's body, of type JSON. */
export interface RequestBody {
  readonly schema: JsonSchema;
  readonly examples: Readonly<Record<string, RequestExample>>;
}

export const TAGS = {
  "Azure ML": "What Azure ML's own inference server has.",
  MLflow: "What MLflow's scoring server has, and those who run its images probe.",
  KServe: "Of KServe's V1 protocol, and of its V2 one (Open Inference Protocol) all but inference.",
  Operations: "For whoever runs the server.",
} as const;

export interface Operation {
  /** As clients write it, without the operator's prefix. */
  readonly path: string;
  readonly method: "get" | "post";
  readonly operationId: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  /** By status. */
  readonly replies: Readonly<Record<string, Reply>>;
}

/** A 200 of type JSON. */
export function jsonReply(description: string, schema: JsonSchema, example: unknown): Reply {
  return { description, content: { "application/json": { schema, example } } };
}

/** A 200 of type text. */
export function textReply(description: string, mediaType: string, example?: string): Reply {
  const media = { schema: { type: "string" }, ...(example !== undefined && { example }) };
  return { description, content: { [mediaType]: media } };
}

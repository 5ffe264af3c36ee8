/**
 * @file What the fake Content Safety service demands of a request's body: the documented shape and limits of api-version
 * 2024-09-01, strictly. Knows no verdict.
 */
import sharp from "sharp";
import { CATEGORIES, type Category } from "./content-safety-verdicts.js";

const MAX_TEXT_CHARS = 10_000;
const MAX_IMAGE_BYTES = 4 * 1024 * 1024;
const MIN_EDGE = 50;
const MAX_EDGE = 2048;
const FORMATS: readonly string[] = ["jpeg", "png", "gif", "webp", "tiff"];

/** What the service answers with 400. */
export class BadRequest extends Error {}

export interface TextRequest {
  readonly text: string;
  readonly categories: readonly Category[];
  readonly blocklists: readonly string[];
}

export interface ImageRequest {
  readonly file: Buffer;
  readonly width: number;
  readonly height: number;
  readonly categories: readonly Category[];
}

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BadRequest(message);
}

function fieldsOf(body: string, allowed: readonly string[]): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new BadRequest("the body is not JSON");
  }
  return fieldsOfObject(value, allowed);
}

function fieldsOfObject(value: unknown, allowed: readonly string[]): ReadonlyMap<string, unknown> {
  expect(typeof value === "object" && value !== null && !Array.isArray(value), "not an object");
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const name of fields.keys()) expect(allowed.includes(name), `unknown field ${name}`);
  return fields;
}

function categoriesOf(value: unknown): readonly Category[] {
  if (value === undefined) return CATEGORIES;
  expect(Array.isArray(value) && value.length > 0, "categories is no list");
  return value.map((item: unknown) => {
    const category = CATEGORIES.find((name) => name === item);
    expect(category !== undefined, "unknown category");
    return category;
  });
}

export function readTextRequest(body: string, knownBlocklists: ReadonlyMap<string, unknown>): TextRequest {
  const fields = fieldsOf(body, ["text", "categories", "blocklistNames", "haltOnBlocklistHit", "outputType"]);
  const text = fields.get("text");
  expect(typeof text === "string" && text !== "", "text is missing");
  expect([...text].length <= MAX_TEXT_CHARS, "text is too long");
  expect(!/\p{Surrogate}/u.test(text), "text is no Unicode");
  const outputType = fields.get("outputType") ?? "FourSeverityLevels";
  expect(outputType === "FourSeverityLevels" || outputType === "EightSeverityLevels", "outputType");
  const names = fields.get("blocklistNames") ?? [];
  expect(Array.isArray(names), "blocklistNames is no list");
  const blocklists = names.map((name: unknown) => {
    expect(typeof name === "string" && knownBlocklists.has(name), "blocklist not found");
    return name;
  });
  return { text, categories: categoriesOf(fields.get("categories")), blocklists };
}

export async function readImageRequest(body: string): Promise<ImageRequest> {
  const fields = fieldsOf(body, ["image", "categories", "outputType"]);
  expect((fields.get("outputType") ?? "FourSeverityLevels") === "FourSeverityLevels", "outputType");
  const image = fieldsOfObject(fields.get("image"), ["content", "blobUrl"]);
  const content = image.get("content");
  expect(typeof content === "string" && !image.has("blobUrl"), "image.content and image.blobUrl");
  expect(/^[A-Za-z0-9+/]+={0,2}$/.test(content) && content.length % 4 === 0, "image.content is no base64");
  const file = Buffer.from(content, "base64");
  expect(file.length <= MAX_IMAGE_BYTES, "the image is too large");
  const { format, width, height } = await sharp(file)
    .metadata()
    .catch(() => {
      throw new BadRequest("not an image");
    });
  expect(FORMATS.includes(format), "image format");
  expect(Math.min(width, height) >= MIN_EDGE && Math.max(width, height) <= MAX_EDGE, "image dimensions");
  return { file, width, height, categories: categoriesOf(fields.get("categories")) };
}

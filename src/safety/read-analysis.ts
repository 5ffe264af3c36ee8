/**
 * @file The body of a 200 as an analysis, or nothing: what does not say of every category how severe it is, is no
 * verdict. Knows the shape that api-version 2024-09-01 documents; knows no HTTP.
 */
import { type Analysis, HARM_CATEGORIES, type HarmCategory } from "./verdict.js";

const MAX_SEVERITY = 7;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined;
}

/** Each of the categories exactly once, with a whole number from 0 to 7; others are ignored. */
function readSeverities(items: unknown): Analysis["severities"] | undefined {
  if (!Array.isArray(items)) return undefined;
  const severities: Record<HarmCategory, number> = { Hate: -1, SelfHarm: -1, Sexual: -1, Violence: -1 };
  for (const item of items) {
    const category = HARM_CATEGORIES.find((name) => name === fieldOf(item, "category"));
    if (category === undefined) continue;
    const severity = fieldOf(item, "severity");
    const isSeverity =
      typeof severity === "number" && Number.isInteger(severity) && severity >= 0 && severity <= MAX_SEVERITY;
    if (!isSeverity || severities[category] !== -1) return undefined;
    severities[category] = severity;
  }
  return Object.values(severities).includes(-1) ? undefined : severities;
}

/** A hit names its list; a list of hits that cannot be read is no verdict. */
function readBlocklistHit(matches: unknown): boolean | undefined {
  if (matches === undefined || matches === null) return false;
  if (!Array.isArray(matches)) return undefined;
  const readable = matches.every((match) => typeof fieldOf(match, "blocklistName") === "string");
  return readable ? matches.length > 0 : undefined;
}

/** Undefined for what is no verdict. An image's answer has no `blocklistsMatch`. */
export function readAnalysis(body: unknown): Analysis | undefined {
  const severities = readSeverities(fieldOf(body, "categoriesAnalysis"));
  const onBlocklist = readBlocklistHit(fieldOf(body, "blocklistsMatch"));
  return severities === undefined || onBlocklist === undefined ? undefined : { severities, onBlocklist };
}

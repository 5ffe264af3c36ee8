/** @file The parameters as the markdown table of the README. Knows markdown; knows no parameter by name. */
import { INPAINT_PARAMETERS_SCHEMA } from "../../src/scoring/wire-types.generated.js";

/** The keywords of the schema that the table shows. */
interface Property {
  readonly description: string;
  readonly type?: readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number | boolean;
}

function allowed({ type = [], enum: values, minimum, maximum }: Property): string {
  if (values !== undefined) {
    // Each name stands a second time with the suffix of diffusers' classes, which the description tells of.
    const names = values.filter((name) => name !== null && !name.endsWith("Scheduler"));
    return names.map((name) => `\`${name}\``).join(", ");
  }
  if (type.includes("boolean")) return "`true`, `false`";
  if (type.includes("string")) return "text";
  return `${minimum} – ${maximum}${type.includes("number") ? ", fractions too" : ""}`;
}

function fallback({ default: value }: Property): string {
  if (value === undefined) return "";
  return value === "" ? "empty" : `\`${value}\``;
}

/** A markdown table, one row per parameter in the schema's own order, without a trailing newline. */
export function parametersTable(): string {
  const properties: Readonly<Record<string, Property>> = INPAINT_PARAMETERS_SCHEMA.properties;
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      `| \`${name}\` | ${fallback(property)} | ${allowed(property)} | ${property.description} |`,
  );
  return ["| Parameter | Default | Allowed | What it does |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

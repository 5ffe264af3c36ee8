/** @file The settings as the markdown table of the README. Knows markdown; knows no setting by name. */
import { SETTINGS } from "../../src/config/setting-definitions.js";
import type { Setting } from "../../src/config/setting-kinds.js";

function variable({ env, secondEnv }: Setting): string {
  return secondEnv === undefined ? `\`${env}\`` : `\`${env}\`, \`${secondEnv}\``;
}

function fallback(setting: Setting): string {
  switch (setting.kind) {
    case "path":
    case "optional integer":
      return setting.whenAbsent;
    case "list":
      return "none";
    default:
      return setting.fallback === "" ? "empty" : `\`${setting.fallback}\``;
  }
}

function allowed(setting: Setting): string {
  switch (setting.kind) {
    case "integer":
    case "optional integer":
      return `${setting.min} – ${setting.max} ${setting.unit === "port" ? "" : setting.unit}`.trim();
    case "choice":
      return setting.choices.map((choice) => (choice === "" ? "empty" : `\`${choice}\``)).join(", ");
    case "switch":
      return "`true`, `false`";
    case "text":
      return setting.allowed;
    case "list":
      return `${setting.allowed}, at most ${setting.maxItems} with commas between`;
    case "path":
      return "a folder";
    default:
      setting satisfies never;
      throw new Error("a setting of an unknown kind: this is a bug");
  }
}

/** A markdown table, one row per setting in the table's own order, without a trailing newline. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(
    (setting) => `| ${variable(setting)} | ${fallback(setting)} | ${allowed(setting)} | ${setting.doc} |`,
  );
  return [
    "| Variable | Default | Allowed | What it does, and why |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

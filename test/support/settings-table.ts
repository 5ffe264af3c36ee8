/** @file The settings as the markdown table of the README. Knows markdown; knows no setting by name. */
import { SETTINGS, type Setting } from "../../src/config/setting-definitions.js";

function variable(setting: Setting): string {
  const second = setting.kind === "path" ? setting.secondEnv : undefined;
  return second === undefined ? `\`${setting.env}\`` : `\`${setting.env}\`, \`${second}\``;
}

function fallback(setting: Setting): string {
  if (setting.kind === "path") return setting.whenAbsent;
  return setting.fallback === "" ? "empty" : `\`${setting.fallback}\``;
}

function allowed(setting: Setting): string {
  switch (setting.kind) {
    case "integer":
      return `${setting.min} – ${setting.max} ${setting.unit === "port" ? "" : setting.unit}`.trim();
    case "choice":
      return setting.choices.map((choice) => (choice === "" ? "empty" : `\`${choice}\``)).join(", ");
    case "text":
      return setting.allowed;
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

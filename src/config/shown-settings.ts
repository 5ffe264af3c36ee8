/** @file Settings as a log may show them. Knows which are secret; knows no logger. */
import { SETTINGS, type Settings } from "./setting-definitions.js";
import type { Setting } from "./setting-kinds.js";

const isSecret = (setting: Setting) => "secret" in setting && setting.secret === true;

const SECRETS: ReadonlySet<string> = new Set(
  Object.entries(SETTINGS)
    .filter(([, setting]) => isSecret(setting))
    .map(([name]) => name),
);

const isEmpty = (value: unknown) => value === "" || (Array.isArray(value) && value.length === 0);

/** Of a secret only whether there is one. */
export function shownSettings(settings: Settings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      SECRETS.has(name) ? (isEmpty(value) ? "not set" : "set") : value,
    ]),
  );
}

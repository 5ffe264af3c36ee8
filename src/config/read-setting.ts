/**
 * @file From a variable's text to a setting's value, for each kind of setting. A bad value is InpaintError
 * INVALID_SETTING that names the variable, its value and what is allowed. Knows no setting by name.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { type Environment, readVariable } from "./environment.js";
import type {
  ChoiceSetting,
  IntegerSetting,
  ListSetting,
  OptionalIntegerSetting,
  PathSetting,
  Setting,
  SwitchSetting,
  TextSetting,
} from "./setting-kinds.js";

const MAX_SHOWN_CHARS = 80;

interface Found {
  /** Of the variable that has it. */
  readonly name: string;
  readonly text: string;
}

function find(env: Environment, { env: first, secondEnv }: Setting): Found | undefined {
  for (const name of secondEnv === undefined ? [first] : [first, secondEnv]) {
    const text = readVariable(env, name);
    if (text !== undefined) return { name, text };
  }
  return undefined;
}

function refuse({ name, text }: Found, allowed: string): never {
  const shown = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  throw new InpaintError("INVALID_SETTING", `${name} is ${JSON.stringify(shown)}; it must be ${allowed}`);
}

function refuseSecret({ name }: Found, allowed: string): never {
  throw new InpaintError("INVALID_SETTING", `${name} (whose value is not shown) must be ${allowed}`);
}

function wholeNumber(found: Found, { min, max, unit }: IntegerSetting | OptionalIntegerSetting): number {
  const value = /^\d{1,15}$/.test(found.text) ? Number(found.text) : Number.NaN;
  if (!(value >= min && value <= max)) refuse(found, `a whole number from ${min} to ${max} (${unit})`);
  return value;
}

export function readInteger(env: Environment, setting: IntegerSetting): number {
  const found = find(env, setting);
  return found === undefined ? setting.fallback : wholeNumber(found, setting);
}

export function readOptionalInteger(env: Environment, setting: OptionalIntegerSetting): number | undefined {
  const found = find(env, setting);
  return found === undefined ? undefined : wholeNumber(found, setting);
}

export function readChoice<Choice extends string>(env: Environment, setting: ChoiceSetting<Choice>): Choice {
  const found = find(env, setting);
  if (found === undefined) return setting.fallback;
  const choice =
    setting.choices.find((candidate) => candidate === found.text) ??
    new Map(Object.entries(setting.aliases ?? {})).get(found.text.toUpperCase());
  if (choice !== undefined) return choice;
  const words = setting.choices.filter((candidate) => candidate !== "");
  return refuse(
    found,
    `one of ${words.join(", ")}${words.length < setting.choices.length ? ", or empty" : ""}`,
  );
}

export function readSwitch(env: Environment, setting: SwitchSetting): boolean {
  const found = find(env, setting);
  if (found === undefined) return setting.fallback;
  if (/^(?:true|1)$/i.test(found.text)) return true;
  if (/^(?:false|0)$/i.test(found.text)) return false;
  return refuse(found, "true or false");
}

export function readText(env: Environment, setting: TextSetting): string {
  const found = find(env, setting);
  if (found === undefined) return setting.fallback;
  if (setting.pattern?.test(found.text) === false) {
    (setting.secret === true ? refuseSecret : refuse)(found, setting.allowed);
  }
  return found.text;
}

export function readList(env: Environment, setting: ListSetting): readonly string[] {
  const found = find(env, setting);
  if (found === undefined) return [];
  const items = found.text.split(",").map((item) => item.trim());
  if (items.length > setting.maxItems || !items.every((item) => setting.pattern.test(item))) {
    const allowed = `${setting.allowed}, at most ${setting.maxItems} with commas between`;
    (setting.secret === true ? refuseSecret : refuse)(found, allowed);
  }
  return items;
}

export function readPath(env: Environment, setting: PathSetting): string | undefined {
  return find(env, setting)?.text;
}

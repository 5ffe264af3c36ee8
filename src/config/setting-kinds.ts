/**
 * @file The kinds of settings: how each is written in an environment variable, and what must be said of it. Knows no
 * setting by name.
 */

interface SettingBase {
  readonly env: string;
  /** Another name, read when `env` is absent: Azure ML's own, where its containers have one. */
  readonly secondEnv?: string;
  /** What it does, and why anyone would change it. */
  readonly doc: string;
}

/** A whole number, written in decimal digits. */
export interface IntegerSetting extends SettingBase {
  readonly kind: "integer";
  readonly unit:
    | "bytes"
    | "characters"
    | "checks"
    | "connections"
    | "entries"
    | "failures"
    | "images"
    | "jobs"
    | "megapixel rows"
    | "ms"
    | "pixels"
    | "port"
    | "processes"
    | "rows"
    | "severity"
    | "steps"
    | "threads";
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

/** A whole number that stands for itself only where it is given. */
export interface OptionalIntegerSetting extends SettingBase {
  readonly kind: "optional integer";
  readonly unit: IntegerSetting["unit"];
  readonly whenAbsent: string;
  readonly min: number;
  readonly max: number;
}

/** One of a closed set of words. */
export interface ChoiceSetting<Choice extends string = string> extends SettingBase {
  readonly kind: "choice";
  readonly fallback: Choice;
  readonly choices: readonly Choice[];
  /** Other words for them, in capitals, understood in any case. */
  readonly aliases?: Readonly<Record<string, Choice>>;
}

/** On or off: `true` or `1`, `false` or `0`, in any case. */
export interface SwitchSetting extends SettingBase {
  readonly kind: "switch";
  readonly fallback: boolean;
}

export interface TextSetting extends SettingBase {
  readonly kind: "text";
  readonly fallback: string;
  /** What it may be, in words; `pattern` enforces it where the words can be. */
  readonly allowed: string;
  readonly pattern?: RegExp;
  /** It is never shown: not in the log, not in a refusal. */
  readonly secret?: boolean;
}

/** Items with commas between, white space around them trimmed; none by default. */
export interface ListSetting extends SettingBase {
  readonly kind: "list";
  /** What one item may be, in words; `pattern` enforces it. */
  readonly allowed: string;
  readonly pattern: RegExp;
  readonly maxItems: number;
  /** They are never shown: not in the log, not in a refusal. */
  readonly secret?: boolean;
}

/** A path that may be absent. */
export interface PathSetting extends SettingBase {
  readonly kind: "path";
  readonly whenAbsent: string;
}

export type Setting =
  | IntegerSetting
  | OptionalIntegerSetting
  | ChoiceSetting
  | SwitchSetting
  | TextSetting
  | ListSetting
  | PathSetting;

/** What reading a setting of each kind gives. */
export type ValueOf<S extends Setting> = S extends IntegerSetting
  ? number
  : S extends OptionalIntegerSetting
    ? number | undefined
    : S extends ChoiceSetting
      ? S["choices"][number]
      : S extends SwitchSetting
        ? boolean
        : S extends TextSetting
          ? string
          : S extends ListSetting
            ? readonly string[]
            : string | undefined;

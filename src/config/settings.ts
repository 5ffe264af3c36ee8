/**
 * @file From environment variables to checked settings. Knows how a variable is written; the table of settings
 * says what may be in it.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import {
  type ChoiceSetting,
  type IntegerSetting,
  type PathSetting,
  SETTINGS,
  type Settings,
  type TextSetting,
} from "./setting-definitions.js";

export { LOG_LEVELS, type LogLevel, SETTINGS, type Settings } from "./setting-definitions.js";

/** As `process.env`: an absent variable is undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as absent: compose files and shells pass `PORT=` for "not set". */
function readVariable(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

function refuse(name: string, value: string, allowed: string): never {
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  throw new InpaintError("INVALID_SETTING", `${name} is ${JSON.stringify(shown)}; it must be ${allowed}`);
}

function readInteger(env: Environment, setting: IntegerSetting): number {
  const name =
    readVariable(env, setting.env) === undefined ? (setting.secondEnv ?? setting.env) : setting.env;
  const text = readVariable(env, name);
  if (text === undefined) return setting.fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= setting.min && value <= setting.max)) {
    refuse(name, text, `a whole number from ${setting.min} to ${setting.max} (${setting.unit})`);
  }
  return value;
}

function readChoice<Choice extends string>(env: Environment, setting: ChoiceSetting<Choice>): Choice {
  const text = readVariable(env, setting.env);
  if (text === undefined) return setting.fallback;
  const choice = setting.choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  const words = setting.choices.filter((candidate) => candidate !== "");
  return refuse(
    setting.env,
    text,
    `one of ${words.join(", ")}${words.length < setting.choices.length ? ", or empty" : ""}`,
  );
}

function readText(env: Environment, setting: TextSetting): string {
  const text = readVariable(env, setting.env);
  if (text === undefined) return setting.fallback;
  if (setting.pattern?.test(text) === false) refuse(setting.env, text, setting.allowed);
  return text;
}

function readPath(env: Environment, { env: first, secondEnv }: PathSetting): string | undefined {
  return readVariable(env, first) ?? (secondEnv === undefined ? undefined : readVariable(env, secondEnv));
}

/** Two settings that contradict each other are found at start, not by the first request they break. */
function checkTogether(settings: Settings): void {
  const ordered = [
    ["defaultSteps", "maxSteps"],
    ["maxPixels", "maxRequestPixels"],
    ["maxRequestPixels", "maxDecodedPixels"],
  ] as const;
  for (const [smaller, larger] of ordered) {
    if (settings[smaller] > settings[larger]) {
      throw new InpaintError(
        "INVALID_SETTING",
        `${SETTINGS[smaller].env} is ${settings[smaller]}; it must be at most ${SETTINGS[larger].env}, which is ${settings[larger]}`,
      );
    }
  }
}

/**
 * Settings of the process. Throws InpaintError INVALID_SETTING naming the variable, its value and what is allowed.
 */
export function readSettings(env: Environment): Settings {
  const settings: Settings = {
    modelDir: readPath(env, SETTINGS.modelDir),
    variant: readText(env, SETTINGS.variant),
    tokenizerDir: readPath(env, SETTINGS.tokenizerDir),
    predictionType: readChoice(env, SETTINGS.predictionType),
    executionProvider: readChoice(env, SETTINGS.executionProvider),
    host: readText(env, SETTINGS.host),
    port: readInteger(env, SETTINGS.port),
    workerThreads: readInteger(env, SETTINGS.workerThreads),
    defaultSteps: readInteger(env, SETTINGS.defaultSteps),
    defaultScheduler: readChoice(env, SETTINGS.defaultScheduler),
    maxSteps: readInteger(env, SETTINGS.maxSteps),
    maxRows: readInteger(env, SETTINGS.maxRows),
    maxImagesPerPrompt: readInteger(env, SETTINGS.maxImagesPerPrompt),
    maxOutputPixels: readInteger(env, SETTINGS.maxOutputPixels),
    maxBodyBytes: readInteger(env, SETTINGS.maxBodyBytes),
    maxPixels: readInteger(env, SETTINGS.maxPixels),
    maxRequestPixels: readInteger(env, SETTINGS.maxRequestPixels),
    maxDecodedPixels: readInteger(env, SETTINGS.maxDecodedPixels),
    maxResponsePixels: readInteger(env, SETTINGS.maxResponsePixels),
    maxPromptChars: readInteger(env, SETTINGS.maxPromptChars),
    maxQueuedWork: readInteger(env, SETTINGS.maxQueuedWork),
    workerCount: readInteger(env, SETTINGS.workerCount),
    cudaVisibleDevices: readText(env, SETTINGS.cudaVisibleDevices),
    maxBatch: readInteger(env, SETTINGS.maxBatch),
    deterministic: readChoice(env, SETTINGS.deterministic),
    maxWorkerRssBytes: readInteger(env, SETTINGS.maxWorkerRssBytes),
    scoringTimeoutMs: readInteger(env, SETTINGS.scoringTimeoutMs),
    responseStallTimeoutMs: readInteger(env, SETTINGS.responseStallTimeoutMs),
    promptCacheBytes: readInteger(env, SETTINGS.promptCacheBytes),
    latentCacheBytes: readInteger(env, SETTINGS.latentCacheBytes),
    resultCacheBytes: readInteger(env, SETTINGS.resultCacheBytes),
    shutdownGraceMs: readInteger(env, SETTINGS.shutdownGraceMs),
    logLevel: readChoice(env, SETTINGS.logLevel),
  };
  checkTogether(settings);
  return Object.freeze(settings);
}

/**
 * @file All settings from the environment, those that contradict each other refused. Knows them by name; the table of
 * settings says what may be in each.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import { SAFETY_SETTINGS } from "./definitions/safety-settings.js";
import { type Environment, readVariable } from "./environment.js";
import {
  readChoice,
  readInteger,
  readList,
  readOptionalInteger,
  readPath,
  readSwitch,
  readText,
} from "./read-setting.js";
import { SETTINGS, type Settings } from "./setting-definitions.js";

export { BEARER_TOKEN, type OpenRoutes } from "./definitions/access-settings.js";
export { LOG_LEVELS, type LogLevel } from "./definitions/observability-settings.js";
export type { Environment } from "./environment.js";
export { SETTINGS, type Settings } from "./setting-definitions.js";

/** Two settings that contradict each other are found at start, not by the first request they break. */
function checkTogether(settings: Settings): void {
  const ordered = [
    ["defaultSteps", "maxSteps"],
    ["maxPixels", "maxRequestPixels"],
    ["maxRequestPixels", "maxDecodedPixels"],
    ["maxBodyBytes", "maxUploadBytes"],
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

const SAFETY_PREFIX = "CONTENT_SAFETY_";
const SAFETY_VARIABLES: ReadonlySet<string> = new Set(Object.values(SAFETY_SETTINGS).map(({ env }) => env));
/** Set by Azure ML's published scripts; the endpoint alone says all that is needed. */
const UNNEEDED_VARIABLES: ReadonlySet<string> = new Set(["CONTENT_SAFETY_ACCOUNT_NAME"]);

const presentSafetyVariables = (env: Environment) =>
  Object.keys(env).filter(
    (name) =>
      (name.startsWith(SAFETY_PREFIX) || SAFETY_VARIABLES.has(name)) && readVariable(env, name) !== undefined,
  );

/** Variables that are named like those of content safety, and that nothing reads: misspelt ones. */
export function unknownSafetyVariables(env: Environment): readonly string[] {
  return presentSafetyVariables(env).filter(
    (name) => !SAFETY_VARIABLES.has(name) && !UNNEEDED_VARIABLES.has(name),
  );
}

/** Who sets any variable of content safety, whatever its value, expects that content is screened. */
function checkScreening(env: Environment, { contentSafetyEndpoint }: Settings): void {
  const [name] = presentSafetyVariables(env);
  if (contentSafetyEndpoint !== "" || name === undefined) return;
  throw new InpaintError(
    "INVALID_SETTING",
    `${name} is set without ${SAFETY_SETTINGS.contentSafetyEndpoint.env}: nothing would be screened`,
  );
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
    separateHealthEndpoint: readSwitch(env, SETTINGS.separateHealthEndpoint),
    healthPort: readInteger(env, SETTINGS.healthPort),
    maxConnections: readInteger(env, SETTINGS.maxConnections),
    requestArrivalTimeoutMs: readInteger(env, SETTINGS.requestArrivalTimeoutMs),
    maxUploadBytes: readInteger(env, SETTINGS.maxUploadBytes),
    maxHeldResponseBytes: readInteger(env, SETTINGS.maxHeldResponseBytes),
    apiKeys: readList(env, SETTINGS.apiKeys),
    openRoutes: readChoice(env, SETTINGS.openRoutes),
    corsOrigins: readList(env, SETTINGS.corsOrigins),
    azuremlStrict: readSwitch(env, SETTINGS.azuremlStrict),
    serverVersionHeader: readSwitch(env, SETTINGS.serverVersionHeader),
    modelName: readText(env, SETTINGS.modelName),
    serviceName: readText(env, SETTINGS.serviceName),
    serviceVersion: readText(env, SETTINGS.serviceVersion),
    servicePathPrefix: readText(env, SETTINGS.servicePathPrefix),
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
    imageUrlHosts: readList(env, SETTINGS.imageUrlHosts),
    imageUrlAllowHttp: readSwitch(env, SETTINGS.imageUrlAllowHttp),
    imageUrlPrivateAddresses: readList(env, SETTINGS.imageUrlPrivateAddresses),
    imageUrlTimeoutMs: readInteger(env, SETTINGS.imageUrlTimeoutMs),
    imageUrlMaxBytes: readInteger(env, SETTINGS.imageUrlMaxBytes),
    imageUrlMaxHeldBytes: readInteger(env, SETTINGS.imageUrlMaxHeldBytes),
    imageUrlConcurrency: readInteger(env, SETTINGS.imageUrlConcurrency),
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
    contentSafetyEndpoint: readText(env, SETTINGS.contentSafetyEndpoint),
    contentSafetyKey: readText(env, SETTINGS.contentSafetyKey),
    uaiClientId: readText(env, SETTINGS.uaiClientId),
    contentSafetyAuth: readChoice(env, SETTINGS.contentSafetyAuth),
    contentSafetyThreshold: readInteger(env, SETTINGS.contentSafetyThreshold),
    contentSafetyThresholdHate: readOptionalInteger(env, SETTINGS.contentSafetyThresholdHate),
    contentSafetyThresholdSelfHarm: readOptionalInteger(env, SETTINGS.contentSafetyThresholdSelfHarm),
    contentSafetyThresholdSexual: readOptionalInteger(env, SETTINGS.contentSafetyThresholdSexual),
    contentSafetyThresholdViolence: readOptionalInteger(env, SETTINGS.contentSafetyThresholdViolence),
    contentSafetyResponse: readChoice(env, SETTINGS.contentSafetyResponse),
    contentSafetyBlocklists: readList(env, SETTINGS.contentSafetyBlocklists),
    contentSafetyTimeoutMs: readInteger(env, SETTINGS.contentSafetyTimeoutMs),
    contentSafetyMaxConcurrency: readInteger(env, SETTINGS.contentSafetyMaxConcurrency),
    contentSafetyBreakerFailures: readInteger(env, SETTINGS.contentSafetyBreakerFailures),
    contentSafetyBreakMs: readInteger(env, SETTINGS.contentSafetyBreakMs),
    contentSafetyCacheEntries: readInteger(env, SETTINGS.contentSafetyCacheEntries),
    contentSafetyCacheTtlMs: readInteger(env, SETTINGS.contentSafetyCacheTtlMs),
    contentSafetyOnError: readChoice(env, SETTINGS.contentSafetyOnError),
    logLevel: readChoice(env, SETTINGS.logLevel),
    appInsightsConnectionString: readText(env, SETTINGS.appInsightsConnectionString),
    amlAppInsightsEnabled: readSwitch(env, SETTINGS.amlAppInsightsEnabled),
    amlAppInsightsKey: readText(env, SETTINGS.amlAppInsightsKey),
  };
  checkTogether(settings);
  checkScreening(env, settings);
  return Object.freeze(settings);
}

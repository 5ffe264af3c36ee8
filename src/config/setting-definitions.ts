/**
 * @file Every setting the operator has: variable, unit, default, range, reason, in the order of the README's table.
 * Knows no reader of `process.env` (bin/ passes it in) and nothing of what a caller may ask for.
 */
import { ACCESS_SETTINGS } from "./definitions/access-settings.js";
import { AZUREML_SETTINGS } from "./definitions/azureml-settings.js";
import { ENGINE_SETTINGS } from "./definitions/engine-settings.js";
import { MODEL_SETTINGS } from "./definitions/model-settings.js";
import { OBSERVABILITY_SETTINGS } from "./definitions/observability-settings.js";
import { REMOTE_IMAGE_SETTINGS } from "./definitions/remote-image-settings.js";
import { REQUEST_SETTINGS } from "./definitions/request-settings.js";
import { SAFETY_SETTINGS } from "./definitions/safety-settings.js";
import { SERVER_SETTINGS } from "./definitions/server-settings.js";
import { SERVICE_SETTINGS } from "./definitions/service-settings.js";
import type { Setting, ValueOf } from "./setting-kinds.js";

export const SETTINGS = {
  ...MODEL_SETTINGS,
  ...SERVER_SETTINGS,
  ...ACCESS_SETTINGS,
  ...AZUREML_SETTINGS,
  ...SERVICE_SETTINGS,
  ...REQUEST_SETTINGS,
  ...REMOTE_IMAGE_SETTINGS,
  ...ENGINE_SETTINGS,
  ...SAFETY_SETTINGS,
  ...OBSERVABILITY_SETTINGS,
} as const satisfies Record<string, Setting>;

export type Settings = {
  readonly [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]>;
};

/** @file Which model a command is about: the folder it is given, or what the server would serve. Opens nothing. */
import { resolve } from "node:path";
import { readSettings } from "../config/settings.js";
import { modelOptions } from "../engine/engine.js";
import type { ModelOptions } from "../engine/protocol.js";
import { EMBEDDED_MODEL_DIR } from "./package-paths.js";

/** The settings of the server, so that a command says what the server will do. Throws INVALID_SETTING. */
export function namedModel(folder: string | undefined): ModelOptions {
  const settings = readSettings(process.env);
  const modelDir = folder === undefined ? (settings.modelDir ?? EMBEDDED_MODEL_DIR) : resolve(folder);
  return modelOptions({ ...settings, modelDir, deterministic: settings.deterministic === "1" });
}

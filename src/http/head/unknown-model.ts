/** @file What to say of a path that names a model which is not served. Knows KServe's paths. */
import { quote } from "../../scoring/preview.js";

const MODEL_PATH = /^\/v[12]\/models\/([^/:]+)/;

/** A sentence for whoever asked for `path`; undefined where it names no model, or `modelName`. */
export function unknownModel(path: string, modelName: string): string | undefined {
  const asked = MODEL_PATH.exec(path)?.[1];
  if (asked === undefined || asked === modelName) return undefined;
  return `No model ${quote(asked)} is served here; the one that is has the name ${quote(modelName)}.`;
}

/** @file Which folder is meant: the one named, or the only checkpoint directly below it. Opens no file. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InpaintError } from "../errors/inpaint-error.js";

/** Every diffusers checkpoint has it at its top. */
export const MODEL_INDEX = "model_index.json";

/**
 * Azure ML mounts a registered folder under its own name below AZUREML_MODEL_DIR, so one level is searched.
 * Throws INVALID_CHECKPOINT when `folder` is no folder, or holds no checkpoint or several.
 */
export async function findCheckpoint(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new InpaintError("INVALID_CHECKPOINT", `${folder}: there is no such folder`);
  if (await isFile(join(folder, MODEL_INDEX))) return folder;
  const names = await readdir(folder);
  const indexed = await Promise.all(names.map((name) => isFile(join(folder, name, MODEL_INDEX))));
  const checkpoints = names.filter((_, i) => indexed[i]);
  const [only] = checkpoints;
  if (only === undefined) {
    throw new InpaintError("INVALID_CHECKPOINT", `${join(folder, MODEL_INDEX)}: this file is missing`);
  }
  if (checkpoints.length > 1) {
    const listed = checkpoints.sort().slice(0, 5).join(", ");
    throw new InpaintError(
      "INVALID_CHECKPOINT",
      `${folder}: holds several checkpoints (${listed}); name one of them`,
    );
  }
  return join(folder, only);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

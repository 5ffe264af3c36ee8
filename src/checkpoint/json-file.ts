/** @file Reads the small JSON and text files of a checkpoint, with a cap on their size and errors that name the file. */
import { z } from "zod";
import { InpaintError } from "../errors/inpaint-error.js";
import { openRegularFile } from "./open-file.js";

/** CLIP's own vocabulary takes 1.1 MB, its tokenizer.json 3.6 MB. */
const MAX_TEXT_BYTES = 16_000_000;

export async function readTextFile(path: string): Promise<string> {
  const { file, size } = await openRegularFile(path);
  try {
    if (size > MAX_TEXT_BYTES) throw invalid(path, `${size} bytes; at most ${MAX_TEXT_BYTES} are read`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** Reads, parses and checks a JSON file. Throws INVALID_CHECKPOINT naming the file and every key that is off. */
export async function readJsonFile<T>(
  path: string,
  parse: (file: unknown) => z.ZodSafeParseResult<T>,
): Promise<T> {
  const text = await readTextFile(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, "not JSON", cause);
  }
  const result = parse(json);
  if (!result.success) throw invalid(path, z.prettifyError(result.error).replaceAll("\n", " "));
  return result.data;
}

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });

/** @file Reads the small JSON and text files of a checkpoint, with a cap on their size and errors that name the file. */
import type { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import { openRegularFile, readBytes, refuseStandIns } from "./open-file.js";
import { schemaProblems } from "./schema-problems.js";
import { decodeUtf8, parseStrictJson } from "./strict-json.js";

/** A config takes a few kB, one with betas written out some dozen. */
const MAX_CONFIG_BYTES = 1_000_000;
/** CLIP's own vocabulary takes 1.1 MB, its tokenizer.json 3.6 MB. */
export const MAX_TEXT_BYTES = 16_000_000;

/** Throws INVALID_CHECKPOINT naming the file when it is missing, too large, not UTF-8 or only a pointer to a file. */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readSmallFile(path, MAX_TEXT_BYTES);
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw invalid(path, messageOf(cause), cause);
  }
}

/** Reads, parses and checks a JSON file of at most `maxBytes`. Throws INVALID_CHECKPOINT naming the file and every key that is off. */
export async function readJsonFile<T>(
  path: string,
  parse: (file: unknown) => z.ZodSafeParseResult<T>,
  maxBytes = MAX_CONFIG_BYTES,
): Promise<T> {
  const bytes = await readSmallFile(path, maxBytes);
  let json: unknown;
  try {
    json = parseStrictJson(withInfinity(bytes));
  } catch (cause) {
    throw invalid(path, `not JSON: ${messageOf(cause)}`, cause);
  }
  const result = parse(json);
  if (!result.success) throw invalid(path, schemaProblems(result.error));
  return result.data;
}

async function readSmallFile(path: string, maxBytes: number): Promise<Buffer> {
  const { file, size } = await openRegularFile(path);
  try {
    if (size > maxBytes) throw invalid(path, `${size} bytes; at most ${maxBytes} are read`);
    const bytes = await readBytes(file, path, 0, size);
    refuseStandIns(path, bytes);
    return bytes;
  } finally {
    await file.close();
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

/**
 * Python's json writes the default of this one key of DPM solvers' configs as a bare word, which JSON has not; a number
 * too large for a double means the same. Latin-1 keeps every byte as it is.
 */
const withInfinity = (bytes: Buffer) =>
  Buffer.from(
    bytes.toString("latin1").replace(/("lambda_min_clipped"\s*:\s*)-Infinity(?=\s*[,}])/, "$1-1e999"),
    "latin1",
  );

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });

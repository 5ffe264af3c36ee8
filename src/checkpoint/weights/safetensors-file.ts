/**
 * @file Reads the header of a .safetensors file: which tensor lies where. Never reads or copies a weight.
 * Reference: the format description of huggingface/safetensors (README, "Format").
 */
import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { InpaintError } from "../../errors/inpaint-error.js";
import { openRegularFile, readBytes } from "../files/open-file.js";
import { longRecord, schemaProblems } from "../files/schema-problems.js";
import { parseStrictJson } from "../files/strict-json.js";
import {
  byteLength,
  expectTensorName,
  type StoredTensor,
  shownName,
  type WeightSet,
  type WeightsFile,
} from "./weights.js";

/** The header of a full Stable Diffusion 2 UNet takes 0.1 MB; a longer one than this is not a checkpoint of ours. */
const MAX_HEADER_BYTES = 25_000_000;
/** Convolution weights have rank 4. */
const MAX_RANK = 8;
const LENGTH_BYTES = 8;

const METADATA = "__metadata__";
const metadataSchema = longRecord(z.string());
const headerSchema = z.record(z.string(), z.unknown());
const entrySchema = z.strictObject({
  dtype: z.enum(["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"]),
  shape: z.array(z.int().nonnegative()).max(MAX_RANK),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/** Throws INVALID_CHECKPOINT, naming the file and the tensor, when the header is not what the format says. */
export async function openSafetensors(path: string): Promise<WeightSet> {
  const { file, size } = await openRegularFile(path);
  try {
    if (size < LENGTH_BYTES) throw invalid(path, `a file of ${size} bytes has no header`);
    const headerLength = (await readBytes(file, path, 0, LENGTH_BYTES)).readBigUInt64LE();
    if (headerLength < 2n || headerLength > BigInt(Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES))) {
      throw invalid(path, `a file of ${size} bytes cannot have a header of ${headerLength} bytes`);
    }
    const header = await readBytes(file, path, LENGTH_BYTES, Number(headerLength));
    const real = await realpath(path);
    const weightsFile = { path, directory: dirname(real), fileName: basename(real) };
    return { path, ...parseHeader(weightsFile, header, size) };
  } finally {
    await file.close();
  }
}

function parseHeader(
  file: WeightsFile,
  header: Buffer,
  fileSize: number,
): Required<Pick<WeightSet, "tensors" | "metadata">> {
  const { path } = file;
  let json: unknown;
  try {
    json = parseStrictJson(header);
  } catch (cause) {
    throw invalid(path, `the header is not JSON: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
  const { success, data: entries } = headerSchema.safeParse(json);
  if (!success) throw invalid(path, "the header is not a JSON object");
  const metadata = parseMetadata(path, entries[METADATA] ?? {});
  const dataStart = LENGTH_BYTES + header.length;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    if (name === METADATA) continue;
    expectTensorName(path, name);
    const parsed = entrySchema.safeParse(entry);
    if (!parsed.success) throw invalid(path, `${shownName(name)}: ${schemaProblems(parsed.error)}`);
    const { dtype, shape, data_offsets } = parsed.data;
    const [begin, end] = data_offsets;
    const length = end - begin;
    const needed = byteLength(dtype, shape);
    if (length !== needed) {
      throw invalid(
        path,
        `${shownName(name)}: ${dtype} [${shape.join(", ")}] takes ${needed} bytes, the header gives ${length}`,
      );
    }
    if (dataStart + end > fileSize) {
      throw invalid(
        path,
        `${shownName(name)}: ends at byte ${dataStart + end} of a file of ${fileSize} bytes`,
      );
    }
    tensors.set(name, { name, dtype, shape, offset: dataStart + begin, length, file });
  }
  expectDense(path, tensors, dataStart, fileSize);
  return { tensors, metadata };
}

function parseMetadata(path: string, entry: unknown): ReadonlyMap<string, string> {
  const { data, error } = metadataSchema.safeParse(entry);
  if (data === undefined) throw invalid(path, `${METADATA}: ${schemaProblems(error)}`);
  return new Map(Object.entries(data));
}

/** Tensor after tensor, from the first byte to the file's last: a file with a piece too many or too few has shifted ones. */
function expectDense(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  dataStart: number,
  fileSize: number,
): void {
  let end = dataStart;
  let previous = "the header";
  // An empty tensor may stand where the next one begins.
  for (const { name, offset, length } of [...tensors.values()].sort(
    (a, b) => a.offset - b.offset || a.length - b.length,
  )) {
    if (offset < end) throw invalid(path, `${shownName(name)} overlaps ${previous}`);
    if (offset > end) throw invalid(path, `${offset - end} bytes between ${previous} and ${shownName(name)}`);
    end = offset + length;
    previous = shownName(name);
  }
  if (end < fileSize) throw invalid(path, `${fileSize - end} bytes after the last tensor, ${previous}`);
}

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });

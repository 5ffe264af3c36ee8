/**
 * @file Reads the header of a .safetensors file: which tensor lies where. Never reads or copies a weight.
 * Reference: the format description of huggingface/safetensors (README, "Format").
 */
import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { InpaintError } from "../errors/inpaint-error.js";
import { openRegularFile } from "./open-file.js";

/** Bytes per element of every element type of the format that a checkpoint of this family may hold. */
const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

/** The header of a full Stable Diffusion 2 UNet takes 0.1 MB; a longer one than this is not a checkpoint of ours. */
const MAX_HEADER_BYTES = 25_000_000;
/** Convolution weights have rank 4. */
const MAX_RANK = 8;
const LENGTH_BYTES = 8;

const entrySchema = z.strictObject({
  dtype: z.enum(["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"]),
  shape: z.array(z.int().nonnegative()).max(MAX_RANK),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

export interface StoredTensor {
  readonly name: string;
  readonly dtype: keyof typeof ELEMENT_BYTES;
  readonly shape: readonly number[];
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface WeightsFile {
  /** As the operator would name it. */
  readonly path: string;
  /** Folder and name of the file itself, all symbolic links resolved: a runtime refuses data behind a link. */
  readonly directory: string;
  readonly fileName: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Throws INVALID_CHECKPOINT, naming the file and the tensor, when the header is not what the format says. */
export async function openSafetensors(path: string): Promise<WeightsFile> {
  const { file, size } = await openRegularFile(path);
  try {
    const prefix = Buffer.alloc(LENGTH_BYTES);
    const { bytesRead } = await file.read(prefix, 0, LENGTH_BYTES, 0);
    const headerLength = bytesRead === LENGTH_BYTES ? prefix.readBigUInt64LE() : 0n;
    if (headerLength < 2n || headerLength > BigInt(Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES))) {
      throw invalid(path, `a file of ${size} bytes cannot have a header of ${headerLength} bytes`);
    }
    const header = Buffer.alloc(Number(headerLength));
    await file.read(header, 0, header.length, LENGTH_BYTES);
    const real = await realpath(path);
    const tensors = parseHeader(path, header, size);
    return { path, directory: dirname(real), fileName: basename(real), tensors };
  } finally {
    await file.close();
  }
}

function parseHeader(path: string, header: Buffer, fileSize: number): ReadonlyMap<string, StoredTensor> {
  let entries: Record<string, unknown>;
  try {
    entries = z.record(z.string(), z.unknown()).parse(JSON.parse(header.toString("utf8")));
  } catch (cause) {
    throw invalid(path, "the header is not a JSON object", cause);
  }
  const dataStart = LENGTH_BYTES + header.length;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    if (name === "__metadata__") continue;
    const parsed = entrySchema.safeParse(entry);
    if (!parsed.success) throw invalid(path, `${name}: ${z.prettifyError(parsed.error)}`);
    const { dtype, shape, data_offsets } = parsed.data;
    const [begin, end] = data_offsets;
    const length = end - begin;
    const needed = shape.reduce((count, size) => count * size, ELEMENT_BYTES[dtype]);
    if (length !== needed) {
      throw invalid(
        path,
        `${name}: ${dtype} [${shape.join(", ")}] takes ${needed} bytes, the header gives ${length}`,
      );
    }
    if (dataStart + end > fileSize) {
      throw invalid(path, `${name}: ends at byte ${dataStart + end} of a file of ${fileSize} bytes`);
    }
    tensors.set(name, { name, dtype, shape, offset: dataStart + begin, length });
  }
  refuseOverlaps(path, tensors);
  return tensors;
}

function refuseOverlaps(path: string, tensors: ReadonlyMap<string, StoredTensor>): void {
  const byOffset = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  let previous: StoredTensor | undefined;
  for (const tensor of byOffset) {
    if (previous !== undefined && tensor.offset < previous.offset + previous.length) {
      throw invalid(path, `${tensor.name} overlaps ${previous.name}`);
    }
    previous = tensor;
  }
}

const invalid = (path: string, what: string, cause?: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`, { cause });

/**
 * @file Opens a weights file of any format that checkpoints come in: tells the format by the file's content.
 * Knows how each format begins; reads none of them.
 */
import { InpaintError } from "../../errors/inpaint-error.js";
import { openRegularFile, readBytes, refuseStandIns } from "../files/open-file.js";
import { openSafetensors } from "./safetensors-file.js";
import { openShards } from "./sharded-weights.js";
import { openTorchFile } from "./torch/torch-file.js";
import type { WeightSet } from "./weights.js";

/** Enough to know every format by: a tar archive says so at byte 257. */
const FIRST_BYTES = 512;

/** A variant's name stands between the two: `model.safetensors.index.fp16.json`. */
const INDEX = /\.index(\.[\w-]+)?\.json$/;

/**
 * `path` is a safetensors file, a torch file (.ckpt, .pt, .bin: a zip archive), or the index (.index.json) of a set
 * of either. Throws INVALID_CHECKPOINT, naming the file and the tensor, when it is of no such format, or not what its
 * format says.
 */
export async function openWeights(path: string): Promise<WeightSet> {
  return INDEX.test(path) ? openShards(path, openWeightsFile) : openWeightsFile(path);
}

async function openWeightsFile(path: string): Promise<WeightSet> {
  const firstBytes = await readFirstBytes(path);
  refuseStandIns(path, firstBytes);
  const format = formatOf(firstBytes);
  switch (format) {
    case "safetensors":
      return openSafetensors(path);
    case "zip":
      return openTorchFile(path);
    case "pickle":
      throw invalid(
        path,
        "a pickle without a zip archive around it: a torch file from before 1.6, or none of torch. " +
          "Load it in torch and save it again, best as safetensors",
      );
    case "tar":
      throw invalid(path, "a tar archive: a torch file from before 0.2, or none of torch");
    case "empty":
      throw invalid(path, "an empty file");
    case "unknown":
      throw invalid(
        path,
        "neither a safetensors file nor a torch file: begins with " +
          JSON.stringify(firstBytes.subarray(0, 16).toString("latin1")),
      );
    default:
      format satisfies never;
      throw new Error("a format is not handled. This is a bug.");
  }
}

type Format = "safetensors" | "zip" | "pickle" | "tar" | "empty" | "unknown";

/** `{` after the length of the header, which no other format has there. */
const SAFETENSORS_MARK = { offset: 8, byte: 0x7b };
/** A local header, or the end of an archive without entries. */
const ZIP_MARKS = [Buffer.from("PK\x03\x04"), Buffer.from("PK\x05\x06")];
/** The opcode PROTO; its argument is the protocol. */
const PICKLE_MARK = 0x80;
const NEWEST_PROTOCOL = 5;
const TAR_MARK = { offset: 257, bytes: Buffer.from("ustar") };

function formatOf(bytes: Buffer): Format {
  if (bytes.length === 0) return "empty";
  if (bytes[SAFETENSORS_MARK.offset] === SAFETENSORS_MARK.byte) return "safetensors";
  if (ZIP_MARKS.some((mark) => mark.equals(bytes.subarray(0, mark.length)))) return "zip";
  if (bytes[0] === PICKLE_MARK && (bytes[1] ?? 0) <= NEWEST_PROTOCOL) return "pickle";
  const { offset, bytes: tar } = TAR_MARK;
  if (tar.equals(bytes.subarray(offset, offset + tar.length))) return "tar";
  return "unknown";
}

async function readFirstBytes(path: string): Promise<Buffer> {
  const { file, size } = await openRegularFile(path);
  try {
    return await readBytes(file, path, 0, Math.min(size, FIRST_BYTES));
  } finally {
    await file.close();
  }
}

const invalid = (path: string, what: string) => new InpaintError("INVALID_CHECKPOINT", `${path}: ${what}`);

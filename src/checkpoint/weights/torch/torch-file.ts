/**
 * @file Opens a torch checkpoint of today's format (.ckpt, .pt, .pth, .bin): a zip archive whose tensors are stored as
 * they are, and a pickle that says which is which. Reads no weight, runs nothing.
 * Reference: torch/serialization.py and caffe2/serialize/inline_container.h for the archive's layout.
 */
import { type FileHandle, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { InpaintError } from "../../../errors/inpaint-error.js";
import { openRegularFile, readBytes } from "../../files/open-file.js";
import {
  byteLength,
  ELEMENT_BYTES,
  expectTensorName,
  printable,
  type StoredTensor,
  shownName,
  type WeightSet,
} from "../weights.js";
import { BoundedReader } from "./bounded-reader.js";
import { readPickle } from "./read-pickle.js";
import { type DescribedTensor, describeTensors } from "./state-dict.js";
import { isKnownGlobal } from "./torch-globals.js";
import { readZipEntries, type ZipEntry } from "./zip-entries.js";

type Entries = ReadonlyMap<string, ZipEntry>;

/** The pickle of a full checkpoint with optimizer states takes about 2 MB. */
const MAX_PICKLE_BYTES = 16_000_000;
const MAX_BYTE_ORDER_BYTES = 16;
/** In the archive's one folder, whose name is the writer's choice. */
const PICKLE = "data.pkl";

/** Throws INVALID_CHECKPOINT, naming the file and in it the entry, the byte or the tensor, that cannot be served. */
export async function openTorchFile(path: string): Promise<WeightSet> {
  const { file, size } = await openRegularFile(path);
  try {
    const entries = await readZipEntries(new BoundedReader(file, size));
    const folder = findFolder(entries);
    await refuseBigEndian(file, path, entries.get(`${folder}/byteorder`));
    const value = await readPickleEntry(file, path, entries.get(`${folder}/${PICKLE}`));
    const real = await realpath(path);
    const weightsFile = { path, directory: dirname(real), fileName: basename(real) };
    const tensors = new Map<string, StoredTensor>();
    for (const tensor of describeTensors(value)) {
      const { name, dtype, shape } = tensor;
      expectTensorName(path, name);
      const place = locate(tensor, entries.get(`${folder}/data/${tensor.storage}`));
      tensors.set(name, { name, dtype, shape, ...place, file: weightsFile });
    }
    return { path, tensors };
  } catch (cause) {
    if (cause instanceof InpaintError) throw cause;
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    await file.close();
  }
}

function findFolder(entries: Entries): string {
  const pickles = [...entries.keys()].filter((name) => name.split("/").slice(1).join("/") === PICKLE);
  const [pickle] = pickles;
  if (pickle === undefined) throw new Error(`a zip archive without ${PICKLE}: no torch checkpoint`);
  if (pickles.length > 1)
    throw new Error(`several pickles: ${pickles.slice(0, 5).map(shownName).join(", ")}`);
  return pickle.slice(0, -PICKLE.length - 1);
}

/** Writers of before 2023 leave the entry out: their machines were little-endian. */
async function refuseBigEndian(file: FileHandle, path: string, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const bytes = await readBytes(file, path, entry.offset, Math.min(entry.length, MAX_BYTE_ORDER_BYTES));
  const order = bytes.toString("latin1");
  if (order !== "little")
    throw new Error(`${entry.name}: ${JSON.stringify(order)}; only "little" can be read`);
}

async function readPickleEntry(file: FileHandle, path: string, entry: ZipEntry | undefined) {
  if (entry === undefined) throw new Error(`${PICKLE} is missing`);
  if (entry.length > MAX_PICKLE_BYTES) {
    throw new Error(`${entry.name}: ${entry.length} bytes; at most ${MAX_PICKLE_BYTES} are read`);
  }
  const bytes = await readBytes(file, path, entry.offset, entry.length);
  return readPickle(bytes, { where: `${path}: ${shownName(entry.name)}`, isKnown: isKnownGlobal });
}

/** Where in the file the tensor's bytes are, within the entry that holds its storage. */
function locate(tensor: DescribedTensor, entry: ZipEntry | undefined) {
  const { name, dtype, shape, storage, storageBytes, storageOffset } = tensor;
  if (entry === undefined) throw new Error(`${shownName(name)}: its data/${shownName(storage)} is missing`);
  if (entry.length !== storageBytes) {
    throw new Error(
      `${shownName(name)}: ${shownName(entry.name)} has ${entry.length} bytes, the pickle says ${storageBytes}`,
    );
  }
  const start = storageOffset * ELEMENT_BYTES[dtype];
  const length = byteLength(dtype, shape);
  if (start + length > entry.length) {
    throw new Error(
      `${shownName(name)}: ${dtype} [${shape.join(", ")}] ends at byte ${start + length} of ` +
        `${shownName(entry.name)}, which has ${entry.length}`,
    );
  }
  return { offset: entry.offset + start, length };
}

const invalid = (path: string, what: string, cause: unknown) =>
  new InpaintError("INVALID_CHECKPOINT", `${path}: ${printable(what)}`, { cause });

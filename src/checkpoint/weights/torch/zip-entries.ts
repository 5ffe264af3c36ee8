/**
 * @file Where the entries of a zip archive lie in its file: entries that are stored as they are, and no others.
 * Knows zip through its library; inflates nothing and knows no torch.
 */
import yauzl from "yauzl";
import { shownName } from "../weights.js";
import type { BoundedReader } from "./bounded-reader.js";

/** `length` bytes from byte `offset` of the archive's file. */
export interface ZipEntry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** A Stable Diffusion checkpoint with optimizer states has a few thousand. */
const MAX_ENTRIES = 100_000;
/** Of a full checkpoint it takes some 100 kB. Names, extra fields and comments may have 192 kB in each entry. */
const MAX_DIRECTORY_BYTES = 64_000_000;
const STORED = 0;
const ENCRYPTED = 1 << 0;
/** The sizes follow the data; the local header may leave them out. */
const SIZES_FOLLOW = 1 << 3;
/** In a 32-bit size: the 64-bit one stands in the extra field. */
const SIZE_IS_64_BIT = 0xffff_ffff;

/**
 * Every file of the archive, by name. Throws an Error naming the entry that is compressed or encrypted, given twice,
 * overlaps another, reaches past the end, or of which the two headers do not say the same.
 */
export async function readZipEntries(reader: BoundedReader): Promise<ReadonlyMap<string, ZipEntry>> {
  const archive = await yauzl.fromRandomAccessReaderPromise(reader, reader.size, { autoClose: false });
  if (archive.entryCount > MAX_ENTRIES) {
    throw new Error(`${archive.entryCount} entries; at most ${MAX_ENTRIES} are read`);
  }
  const listed: yauzl.Entry[] = [];
  let directoryBytes = 0;
  for await (const entry of archive.eachEntry()) {
    directoryBytes += entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    if (directoryBytes > MAX_DIRECTORY_BYTES) {
      throw new Error(`its directory has more than ${MAX_DIRECTORY_BYTES} bytes`);
    }
    listed.push(entry);
  }
  const entries = new Map<string, ZipEntry>();
  const spans: Span[] = [];
  for (const entry of listed) {
    const { compressedSize: length, relativeOffsetOfLocalHeader: start } = entry;
    // As torch reads it; the library would let an extra field rename the entry.
    const name = entry.fileNameRaw.toString("utf8");
    const shown = shownName(name);
    if (entry.isEncrypted()) throw new Error(`${shown}: is encrypted`);
    if (entry.compressionMethod !== STORED) {
      throw new Error(
        `${shown}: is compressed (method ${entry.compressionMethod}); torch stores weights as they are`,
      );
    }
    const local = await archive.readLocalFileHeaderPromise(entry);
    if (!agree(entry, local)) throw new Error(`${shown}: its own header and the archive's directory differ`);
    if (entries.has(name)) throw new Error(`${shown}: given twice`);
    entries.set(name, { name, offset: local.fileDataStart, length });
    spans.push({ name, start, end: local.fileDataStart + length });
  }
  refuseOverlaps(spans);
  return entries;
}

/** What stands before an entry's data and what the directory at the end says of it, compared. */
function agree(entry: yauzl.Entry, local: yauzl.LocalFileHeader): boolean {
  const sizes = [local.compressedSize, local.uncompressedSize];
  const leftOut = (local.generalPurposeBitFlag & SIZES_FOLLOW) !== 0;
  return (
    local.fileName.equals(entry.fileNameRaw) &&
    local.compressionMethod === STORED &&
    (local.generalPurposeBitFlag & ENCRYPTED) === 0 &&
    sizes.every((size) => size === entry.compressedSize || size === SIZE_IS_64_BIT || (leftOut && size === 0))
  );
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function refuseOverlaps(spans: readonly Span[]): void {
  let previous: Span | undefined;
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    if (previous !== undefined && span.start < previous.end) {
      throw new Error(`${shownName(span.name)}: overlaps ${shownName(previous.name)}`);
    }
    previous = span;
  }
}

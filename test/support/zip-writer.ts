/** @file Writes zip archives of stored entries for tests, true ones and ones that lie. */

export interface EntryToWrite {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the headers say instead of the truth. */
  readonly method?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly localName?: string;
  readonly localSize?: number;
  readonly localMethod?: number;
  readonly headerOffset?: number;
}

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

export function zipOf(
  entries: readonly EntryToWrite[],
  lies: { readonly entryCount?: number; readonly centralOffset?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { bytes, method = 0, flags = 0 } = entry;
    const { size = bytes.length, headerOffset = offset } = entry;
    const name = Buffer.from(entry.localName ?? entry.name);
    const local = Buffer.alloc(LOCAL_BYTES);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(entry.localMethod ?? method, 8);
    local.writeUInt32LE(entry.localSize ?? size, 18);
    local.writeUInt32LE(entry.localSize ?? size, 22);
    local.writeUInt16LE(name.length, 26);
    parts.push(local, name, Buffer.from(bytes));
    offset += LOCAL_BYTES + name.length + bytes.length;

    const listed = Buffer.from(entry.name);
    const central = Buffer.alloc(CENTRAL_BYTES);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(size, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(listed.length, 28);
    central.writeUInt32LE(headerOffset, 42);
    directory.push(central, listed);
  }
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(lies.entryCount ?? entries.length, 8);
  end.writeUInt16LE(lies.entryCount ?? entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(lies.centralOffset ?? offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The same archive's end in 64 bits, as torch writes it, with the places that it names. */
export function zip64Of(
  entries: readonly EntryToWrite[],
  lies: {
    readonly recordOffset?: bigint;
    readonly entryCount?: bigint;
    readonly centralOffset?: bigint;
  } = {},
): Buffer {
  const plain = zipOf(entries);
  const end = plain.subarray(-END_BYTES);
  const before = plain.subarray(0, -END_BYTES);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(lies.entryCount ?? BigInt(entries.length), 24);
  record.writeBigUInt64LE(lies.entryCount ?? BigInt(entries.length), 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(lies.centralOffset ?? BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(lies.recordOffset ?? BigInt(before.length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([before, record, locator, end]);
}

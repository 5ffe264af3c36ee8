/** @file One chunk of a PNG file (PNG specification, 5.3). Knows the container; knows no kind of chunk. */
import { crc32 } from "node:zlib";

/** `type`: four letters. */
export function pngChunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

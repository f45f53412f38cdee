import { createHash } from "node:crypto";
import { argumentInvalid, type BlobInfo } from "@keelson/core";
import { checksum } from "../codec/checksum.ts";
import { readUint64, writeUint64 } from "../codec/uint64.ts";
import type { OpenFile } from "../file-system.ts";
import { corrupt, formatUnsupported } from "../store-error.ts";

const MAGIC = Buffer.from("KLB\n", "latin1");
const FORMAT = 1;
const DIGEST_BYTES = 32;
const FIXED_BYTES = 4 + 4 + 4 + 8 + DIGEST_BYTES;
// A file is written in one piece, and no system writes 2 GiB at once. A key takes 3 KiB of it at the most.
const MOST_CONTENT_BYTES = 2 ** 31 - 4096;

/**
 * Makes the file of a blob: magic 0..4 | format 4 | length of the key in bytes 8 | length of the content 12..20 |
 * SHA-256 of the content 20..52 | the key, UTF-8 | CRC-32 of all before it | the content.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the content is too long.
 */
export function encodeBlobFile(key: string, content: Uint8Array): Uint8Array {
  if (content.length > MOST_CONTENT_BYTES)
    throw argumentInvalid("bytes", `has more than ${MOST_CONTENT_BYTES} bytes`);
  const name = Buffer.from(key, "utf8");
  const headerBytes = FIXED_BYTES + name.length + 4;
  const bytes = Buffer.allocUnsafe(headerBytes + content.length);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(FORMAT, 4);
  bytes.writeUInt32LE(name.length, 8);
  writeUint64(bytes, content.length, 12);
  digest(content).copy(bytes, 20);
  name.copy(bytes, FIXED_BYTES);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, headerBytes - 4)), headerBytes - 4);
  bytes.set(content, headerBytes);
  return bytes;
}

/** What a blob's file begins with. */
export interface BlobHeader extends BlobInfo {
  readonly digest: Buffer;
  readonly contentStart: number;
}

/**
 * Reads key and size of a blob.
 *
 * @param path The file's, for errors.
 * @throws KeelsonError STORE_CORRUPT when the header is damaged or the file has another length than it says.
 * @throws KeelsonError STORE_FORMAT_UNSUPPORTED when the header is whole, but of a later format.
 */
export async function readBlobHeader(file: OpenFile, path: string): Promise<BlobHeader> {
  const length = await file.size();
  const damaged = (end: number, reason: string): Error => corrupt(path, 0, Math.min(end, length), reason);
  const fixed = Buffer.from(await file.read(FIXED_BYTES, 0));
  if (fixed.length < FIXED_BYTES || !fixed.subarray(0, MAGIC.length).equals(MAGIC))
    throw damaged(FIXED_BYTES, "it does not begin as a blob does");

  const keyBytes = fixed.readUInt32LE(8);
  const contentStart = FIXED_BYTES + keyBytes + 4;
  if (contentStart > length) throw damaged(length, "the header is cut off");
  const header = Buffer.from(await file.read(contentStart, 0));
  if (checksum(header.subarray(0, contentStart - 4)) !== header.readUInt32LE(contentStart - 4))
    throw damaged(contentStart, "the header does not match its checksum");
  const format = header.readUInt32LE(4);
  if (format !== FORMAT) throw formatUnsupported(path, format, [FORMAT]);

  const size = readUint64(header, 12);
  if (contentStart + size !== length)
    throw damaged(length, `${length} bytes instead of ${contentStart + size}`);
  return {
    key: header.subarray(FIXED_BYTES, FIXED_BYTES + keyBytes).toString("utf8"),
    size,
    digest: header.subarray(20, 20 + DIGEST_BYTES),
    contentStart,
  };
}

/**
 * Reads the content of a blob.
 *
 * @throws KeelsonError STORE_CORRUPT when it is not what was put.
 */
export async function readBlobContent(file: OpenFile, path: string, header: BlobHeader): Promise<Uint8Array> {
  const content = await file.read(header.size, header.contentStart);
  if (content.length === header.size && digest(content).equals(header.digest)) return content;
  throw corrupt(
    path,
    header.contentStart,
    header.contentStart + header.size,
    "the content does not match its SHA-256",
  );
}

function digest(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}

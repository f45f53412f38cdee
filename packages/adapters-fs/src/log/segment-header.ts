import { checksum } from "../codec/checksum.ts";
import { readUint64, writeUint64 } from "../codec/uint64.ts";
import { corrupt, formatUnsupported } from "../store-error.ts";

/** What a segment of the log begins with. */
export interface SegmentHeader {
  /** Names the store: its bytes seed the checksum of every frame, so that no frame of another store fits. */
  readonly storeId: Uint8Array;
  /** From 1, without gaps. */
  readonly number: number;
  /** Where the segment before this one ends. What stands behind that was written by an owner without the lock. */
  readonly previousEnd: number;
  /** The checksum that the segment before this one ends with; 0 for the first. */
  readonly previousChecksum: number;
  /** The seal of the segment before this one: the SHA-256 of its bytes up to `previousEnd`; zeros for the first. */
  readonly previousDigest: Uint8Array;
  /** Are its frames acknowledged before they are on stable storage? */
  readonly unsynced: boolean;
  /** The number of its first frame. */
  readonly sequence: number;
}

/** How many bytes it takes. */
export const SEGMENT_HEADER_BYTES = 96;

const FORMAT = 1;
const MAGIC = Buffer.from("KEELSON\n", "latin1");
const CHECKSUM_AT = SEGMENT_HEADER_BYTES - 4;
const UNSYNCED = 1;

// magic 0..8 | format 8 | number 12 | store id 16..32 | sequence 32..40 | previous end 40..48 | previous checksum 48
// | flags 52 | previous digest 56..88 | zeros 88..92 | CRC-32 of all before it 92. Every later format keeps magic, format and checksum where they are.
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(FORMAT, 8);
  bytes.writeUInt32LE(header.number, 12);
  bytes.set(header.storeId, 16);
  writeUint64(bytes, header.sequence, 32);
  writeUint64(bytes, header.previousEnd, 40);
  bytes.writeUInt32LE(header.previousChecksum, 48);
  bytes.writeUInt32LE(header.unsynced ? UNSYNCED : 0, 52);
  bytes.set(header.previousDigest, 56);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
  return bytes;
}

/** The checksum in a header, with which the chain of its frames begins. */
export function segmentHeaderChecksum(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(CHECKSUM_AT);
}

/**
 * Reads the header at the start of a segment.
 *
 * @throws KeelsonError STORE_CORRUPT when it is damaged.
 * @throws KeelsonError STORE_FORMAT_UNSUPPORTED when it is whole, but of a later format.
 */
export function decodeSegmentHeader(segment: Uint8Array, file: string): SegmentHeader {
  const end = Math.min(segment.length, SEGMENT_HEADER_BYTES);
  if (end < SEGMENT_HEADER_BYTES) throw corrupt(file, 0, end, "the segment's header is cut off");
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, SEGMENT_HEADER_BYTES);
  if (
    !bytes.subarray(0, MAGIC.length).equals(MAGIC) ||
    checksum(bytes.subarray(0, CHECKSUM_AT)) !== bytes.readUInt32LE(CHECKSUM_AT)
  )
    throw corrupt(file, 0, end, "the segment's header does not match its checksum");

  const format = bytes.readUInt32LE(8);
  if (format !== FORMAT) throw formatUnsupported(file, format, [FORMAT]);
  return {
    number: bytes.readUInt32LE(12),
    storeId: new Uint8Array(bytes.subarray(16, 32)),
    sequence: readUint64(bytes, 32),
    previousEnd: readUint64(bytes, 40),
    previousChecksum: bytes.readUInt32LE(48),
    previousDigest: new Uint8Array(bytes.subarray(56, 88)),
    unsynced: (bytes.readUInt32LE(52) & UNSYNCED) !== 0,
  };
}

import { checksum } from "../codec/checksum.ts";
import { readUint64, writeUint64 } from "../codec/uint64.ts";
import type { LogPosition } from "../log/log-position.ts";
import { SEGMENT_HEADER_BYTES } from "../log/segment-header.ts";
import { corrupt, formatUnsupported } from "../store-error.ts";

/** What a checkpoint begins with. */
export interface CheckpointHeader {
  readonly storeId: Uint8Array;
  /** Where the log goes on: at the beginning of a segment. Nothing before it is needed. */
  readonly start: LogPosition;
}

/** How many bytes it takes. */
export const CHECKPOINT_HEADER_BYTES = 64;

const FORMAT = 1;
const MAGIC = Buffer.from("KEELCKP\n", "latin1");
const CHECKSUM_AT = CHECKPOINT_HEADER_BYTES - 4;

// magic 0..8 | format 8 | segment 12 | store id 16..32 | sequence 32..40 | the segment's checksum 40 | zeros 44..60
// | CRC-32 of all before it 60. Every later format keeps magic, format and checksum where they are.
export function encodeCheckpointHeader({ storeId, start }: CheckpointHeader): Uint8Array {
  const bytes = Buffer.alloc(CHECKPOINT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(FORMAT, 8);
  bytes.writeUInt32LE(start.segment, 12);
  bytes.set(storeId, 16);
  writeUint64(bytes, start.sequence, 32);
  bytes.writeUInt32LE(start.checksum, 40);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
  return bytes;
}

/** The checksum in the header that the bytes begin with, with which the chain of the frames behind it begins. */
export function checkpointHeaderChecksum(header: Uint8Array): number {
  return Buffer.from(header.buffer, header.byteOffset, header.length).readUInt32LE(CHECKSUM_AT);
}

/**
 * Reads the header of a checkpoint.
 *
 * @throws KeelsonError STORE_CORRUPT when it is damaged.
 * @throws KeelsonError STORE_FORMAT_UNSUPPORTED when it is whole, but of a later format.
 */
export function decodeCheckpointHeader(head: Uint8Array, file: string): CheckpointHeader {
  const end = Math.min(head.length, CHECKPOINT_HEADER_BYTES);
  if (end < CHECKPOINT_HEADER_BYTES) throw corrupt(file, 0, end, "the checkpoint's header is cut off");
  const bytes = Buffer.from(head.buffer, head.byteOffset, CHECKPOINT_HEADER_BYTES);
  if (
    !bytes.subarray(0, MAGIC.length).equals(MAGIC) ||
    checksum(bytes.subarray(0, CHECKSUM_AT)) !== bytes.readUInt32LE(CHECKSUM_AT)
  )
    throw corrupt(file, 0, end, "the checkpoint's header does not match its checksum");
  const format = bytes.readUInt32LE(8);
  if (format !== FORMAT) throw formatUnsupported(file, format, [FORMAT]);
  return {
    storeId: new Uint8Array(bytes.subarray(16, 32)),
    start: {
      segment: bytes.readUInt32LE(12),
      end: SEGMENT_HEADER_BYTES,
      sequence: readUint64(bytes, 32),
      checksum: bytes.readUInt32LE(40),
    },
  };
}

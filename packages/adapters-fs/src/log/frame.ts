import { checksum } from "../codec/checksum.ts";
import { readUint64, writeUint64 } from "../codec/uint64.ts";

/** What stands in front of a frame's payload. */
export interface FrameHeader {
  readonly payloadLength: number;
  /** From 1, one higher than that of the frame before, across segments. */
  readonly sequence: number;
  /** The checksum of the frame before, or of the segment's header. */
  readonly previousChecksum: number;
  readonly payloadChecksum: number;
  /** Of all the above, and so of the whole frame. */
  readonly checksum: number;
}

/** How many bytes a header takes. */
export const FRAME_HEADER_BYTES = 28;

const MAGIC = Buffer.from("KLF\n", "latin1");

// A larger frame is made in memory of its own.
const KEPT_BYTES = 4 * 1024 * 1024;

/** Makes frames of one file. */
export interface FrameEncoder {
  /**
   * Makes a frame: one write and one fsync, holding all the ops that shared them. So no later frame can reach the disk
   * before an earlier one is there whole, and what is damaged in front of a valid frame was never torn.
   *
   * Layout: magic 0..4 | payload length 4 | sequence 8..16 | previous checksum 16 | payload checksum 20 | checksum of
   * all before it, seeded with the store's id 24 | payload.
   *
   * @returns The frame, in memory that the next call overwrites, and its checksum.
   */
  encode(
    payload: readonly Uint8Array[],
    sequence: number,
    previousChecksum: number,
  ): { readonly bytes: Uint8Array; readonly checksum: number };
}

/** @param storeSeed What the store's id is as a checksum. */
export function createFrameEncoder(storeSeed: number): FrameEncoder {
  // Kept, since memory that is new for each frame costs a bulk load as much as what is written into it.
  let memory = Buffer.alloc(0);
  const room = (length: number): Buffer => {
    if (length > KEPT_BYTES) return Buffer.allocUnsafeSlow(length);
    if (length > memory.length) memory = Buffer.allocUnsafeSlow(Math.min(2 * length, KEPT_BYTES));
    return memory.subarray(0, length);
  };
  return {
    encode: (payload, sequence, previousChecksum) => {
      const length = payload.reduce((sum, part) => sum + part.length, 0);
      const frame = room(FRAME_HEADER_BYTES + length);
      let at = FRAME_HEADER_BYTES;
      let payloadChecksum = 0;
      for (const part of payload) {
        frame.set(part, at);
        at += part.length;
        payloadChecksum = checksum(part, payloadChecksum);
      }
      MAGIC.copy(frame, 0);
      frame.writeUInt32LE(length, 4);
      writeUint64(frame, sequence, 8);
      frame.writeUInt32LE(previousChecksum, 16);
      frame.writeUInt32LE(payloadChecksum, 20);
      const own = checksum(frame.subarray(0, 24), storeSeed);
      frame.writeUInt32LE(own, 24);
      return { bytes: frame, checksum: own };
    },
  };
}

/** The header at `position`, `undefined` where there is no whole and valid one of this store. */
export function decodeFrameHeader(
  bytes: Buffer,
  position: number,
  storeSeed: number,
): FrameHeader | undefined {
  const end = position + FRAME_HEADER_BYTES;
  if (end > bytes.length || !bytes.subarray(position, position + MAGIC.length).equals(MAGIC))
    return undefined;
  const own = bytes.readUInt32LE(position + 24);
  if (checksum(bytes.subarray(position, position + 24), storeSeed) !== own) return undefined;
  return {
    payloadLength: bytes.readUInt32LE(position + 4),
    sequence: readUint64(bytes, position + 8),
    previousChecksum: bytes.readUInt32LE(position + 16),
    payloadChecksum: bytes.readUInt32LE(position + 20),
    checksum: own,
  };
}

/** Where the next valid header of a frame later than `sequence` stands, from `position` on; -1 where there is none. */
export function findLaterFrame(bytes: Buffer, position: number, sequence: number, storeSeed: number): number {
  let at = bytes.indexOf(MAGIC, position);
  while (at !== -1) {
    const header = decodeFrameHeader(bytes, at, storeSeed);
    // An earlier one is old data that somebody stored as a text.
    if (header !== undefined && header.sequence > sequence) return at;
    at = bytes.indexOf(MAGIC, at + 1);
  }
  return -1;
}

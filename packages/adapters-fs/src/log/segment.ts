import { createHash, type Hash } from "node:crypto";
import { writeAll } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import type { LogPosition } from "./log-position.ts";
import {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentHeaderChecksum,
} from "./segment-header.ts";

/** A segment open for writing, and where its next frame goes. */
export interface OpenSegment {
  readonly file: OpenFile;
  readonly position: LogPosition;
  /** How many bytes the file has: those behind `position` are zeros. */
  readonly length: number;
  /** Has taken in the bytes up to there. */
  readonly hash: Hash;
  readonly unsynced: boolean;
}

const DIGEST_BYTES = 32;

/** Makes a segment with its header, synced together with its name. Rejects with `EEXIST` where somebody else made it. */
export async function createSegment(
  fileSystem: FileSystem,
  layout: Layout,
  header: SegmentHeader,
): Promise<OpenSegment> {
  const bytes = encodeSegmentHeader(header);
  const file = await fileSystem.open(layout.segment(header.number), "create");
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
    await fileSystem.syncDirectory(layout.log);
  } catch (error) {
    await file.close();
    throw error;
  }
  const position = {
    segment: header.number,
    end: SEGMENT_HEADER_BYTES,
    sequence: header.sequence - 1,
    checksum: segmentHeaderChecksum(bytes),
  };
  const hash = createHash("sha256").update(bytes);
  return { file, position, length: SEGMENT_HEADER_BYTES, hash, unsynced: header.unsynced };
}

/** Closes a segment that ends for good where it does by now. The room that is left in it is cut off. */
export async function closeSegment({ file, position, length }: OpenSegment): Promise<void> {
  try {
    if (position.end < length) await file.truncate(position.end);
  } finally {
    await file.close();
  }
}

/** The header of the first segment of a store. */
export function firstHeader(storeId: Uint8Array): SegmentHeader {
  return {
    storeId,
    number: 1,
    previousEnd: 0,
    previousChecksum: 0,
    previousDigest: new Uint8Array(DIGEST_BYTES),
    sequence: 1,
    unsynced: false,
  };
}

/** The header of the segment that follows on another, and seals it. */
export function nextHeader(
  storeId: Uint8Array,
  { position, hash }: Pick<OpenSegment, "position" | "hash">,
  unsynced: boolean,
): SegmentHeader {
  return {
    storeId,
    number: position.segment + 1,
    previousEnd: position.end,
    previousChecksum: position.checksum,
    previousDigest: hash.copy().digest(),
    sequence: position.sequence + 1,
    unsynced,
  };
}

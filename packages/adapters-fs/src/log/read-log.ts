import { createHash, type Hash } from "node:crypto";
import type { Op } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import { decodeOps } from "../codec/op-codec.ts";
import { readWhole } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { corrupt } from "../store-error.ts";
import { decodeFrameHeader, FRAME_HEADER_BYTES, findLaterFrame } from "./frame.ts";
import type { LogPosition } from "./log-position.ts";
import { roomStart } from "./room.ts";
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentHeaderChecksum } from "./segment-header.ts";

/** What {@link readLog} takes. */
export interface ReadLogOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly storeId: Uint8Array;
  /** Where a checkpoint says that the log goes on; `undefined` reads the log from its beginning. */
  readonly start: LogPosition | undefined;
  /** The number of the newest segment. */
  readonly lastSegment: number;
  /** Up to here everything was promised to somebody. */
  readonly acknowledged: LogPosition;
  /** @param bytes How many the op takes in the log. */
  readonly apply: (op: Op, bytes: number, position: LogPosition) => void;
}

/** What {@link readLog} found. */
export interface LogReading {
  /** Behind the last whole frame. */
  readonly position: LogPosition;
  /** The newest segment, without the room at its end: what lies behind `position` is a torn write. */
  readonly bytes: Buffer;
  /** How many bytes the newest segment has with its room. */
  readonly length: number;
  /** Has taken in the newest segment up to `position`. */
  readonly hash: Hash;
  /** Does the newest segment say so? */
  readonly unsynced: boolean;
  /** How many bytes the log has, from where it was read. */
  readonly logBytes: number;
}

/**
 * Replays the log from its beginning, or from a checkpoint. It changes nothing.
 *
 * @throws KeelsonError STORE_CORRUPT when anything is damaged or missing that is not a torn write at the end, of which
 * nothing was acknowledged.
 */
export async function readLog(options: ReadLogOptions): Promise<LogReading> {
  const { fileSystem, layout, storeId, start, lastSegment, acknowledged, apply } = options;
  const seed = checksum(storeId);
  const firstSegment = start?.segment ?? 1;
  let position: LogPosition = { segment: 0, end: 0, sequence: start?.sequence ?? 0, checksum: 0 };
  let reachedAcknowledged = false;
  let readBytes = 0;
  let unsynced = false;
  let bytes = await readSegment(fileSystem, layout, firstSegment);

  const moveTo = (next: LogPosition, file: string): void => {
    position = next;
    if (next.segment !== acknowledged.segment || next.end !== acknowledged.end) return;
    if (next.sequence !== acknowledged.sequence || next.checksum !== acknowledged.checksum)
      throw corrupt(file, 0, next.end, "it is not the log that was acknowledged");
    reachedAcknowledged = true;
  };
  const enterSegment = (number: number, file: string): void => {
    const header = decodeSegmentHeader(bytes, file);
    const own = segmentHeaderChecksum(bytes);
    const follows =
      header.number === number &&
      Buffer.from(header.storeId).equals(storeId) &&
      header.sequence === position.sequence + 1 &&
      // What a checkpoint goes on with it names itself: what came before is gone.
      (start?.segment === number
        ? own === start.checksum
        : header.previousChecksum === position.checksum && header.previousEnd === position.end);
    if (!follows) throw corrupt(file, 0, SEGMENT_HEADER_BYTES, "it does not follow the segment before it");
    unsynced = header.unsynced;
    const { sequence } = position;
    moveTo({ segment: number, end: SEGMENT_HEADER_BYTES, sequence, checksum: own }, file);
  };
  const readFrames = (end: number, file: string): void => {
    while (position.end < end) {
      const frame = readFrame(bytes.subarray(0, end), position, seed);
      if (frame === undefined) return;
      try {
        for (const { op, bytes: size } of decodeOps(frame.payload)) apply(op, size, frame.next);
      } catch {
        // The error of a parser quotes what it could not parse.
        throw corrupt(file, position.end, frame.next.end, "a whole frame cannot be replayed");
      }
      moveTo(frame.next, file);
    }
  };

  for (let number = firstSegment; ; number++) {
    const file = layout.segment(number);
    enterSegment(number, file);
    if (number === lastSegment) {
      readFrames(bytes.length, file);
      break;
    }
    const following = await readSegment(fileSystem, layout, number + 1);
    const end = decodeSegmentHeader(following, layout.segment(number + 1)).previousEnd;
    if (end > bytes.length) throw corrupt(file, bytes.length, end, "the segment is cut off");
    readFrames(end, file);
    if (position.end !== end) throw damagedFrame(bytes.subarray(0, end), file, position, seed);
    readBytes += end;
    bytes = following;
  }

  const file = layout.segment(lastSegment);
  const { length } = bytes;
  bytes = bytes.subarray(0, roomStart(bytes, position.end));
  if (!reachedAcknowledged) {
    const missing = Math.max(acknowledged.end, position.end);
    if (acknowledged.segment !== lastSegment)
      throw corrupt(
        layout.segment(acknowledged.segment),
        0,
        acknowledged.end,
        "acknowledged data is missing",
      );
    if (bytes.length <= position.end)
      throw corrupt(file, position.end, missing, "acknowledged data is missing");
    throw damagedFrame(bytes, file, position, seed);
  }
  // A later frame is only begun when this one is on stable storage, unless nobody was to wait for that.
  if (!unsynced && findLaterFrame(bytes, position.end + 1, position.sequence + 1, seed) !== -1)
    throw damagedFrame(bytes, file, position, seed);
  return {
    position,
    bytes,
    length,
    hash: createHash("sha256").update(bytes.subarray(0, position.end)),
    unsynced,
    logBytes: readBytes + position.end,
  };
}

async function readSegment(fileSystem: FileSystem, layout: Layout, number: number): Promise<Buffer> {
  const file = layout.segment(number);
  const bytes = await readWhole(fileSystem, file);
  if (bytes === undefined) throw corrupt(file, 0, 0, "the segment is missing");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function readFrame(
  bytes: Buffer,
  { segment, end: start, ...before }: LogPosition,
  seed: number,
): { readonly payload: Buffer; readonly next: LogPosition } | undefined {
  const header = decodeFrameHeader(bytes, start, seed);
  if (header === undefined) return undefined;
  const { sequence } = header;
  if (sequence !== before.sequence + 1 || header.previousChecksum !== before.checksum) return undefined;
  const end = start + FRAME_HEADER_BYTES + header.payloadLength;
  if (end > bytes.length) return undefined;
  const payload = bytes.subarray(start + FRAME_HEADER_BYTES, end);
  if (checksum(payload) !== header.payloadChecksum) return undefined;
  return { payload, next: { segment, end, sequence, checksum: header.checksum } };
}

function damagedFrame(bytes: Buffer, file: string, position: LogPosition, seed: number): Error {
  const later = findLaterFrame(bytes, position.end + 1, position.sequence + 1, seed);
  const end = later === -1 ? bytes.length : later;
  return corrupt(file, position.end, end, "a frame does not match its checksum");
}

import { isKeelsonError } from "@keelson/core";
import {
  CHECKPOINT_HEADER_BYTES,
  type CheckpointHeader,
  checkpointHeaderChecksum,
  decodeCheckpointHeader,
} from "../checkpoint/checkpoint-header.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { readAcknowledgement } from "../log/acknowledgement.ts";
import { listSegments } from "../log/list-segments.ts";
import type { LogPosition } from "../log/log-position.ts";
import { roomStart } from "../log/room.ts";
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentHeaderChecksum,
} from "../log/segment-header.ts";
import { corrupt } from "../store-error.ts";
import { hasCode } from "../system-error.ts";

/** A place in a store's files that is not as it was written. Byte offsets, end exclusive. */
export interface StoreDamage {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

/** What a frame follows: another one, or the header of its file. */
export type Link = Pick<LogPosition, "sequence" | "checksum">;

/** A file of a store that frames stand in. */
export interface FrameFile {
  readonly path: string;
  /** The number of a segment of the log; `undefined` for the checkpoint. */
  readonly segment: number | undefined;
  /** Where its frames begin. */
  readonly start: number;
  /** How many of its bytes count. */
  readonly end: number;
  /** From where on a segment that nothing stands behind holds only zeros, none acknowledged; `end` in any other file. */
  readonly room: number;
  /** How far the file after it says that it goes; `end` where nothing says so. */
  readonly sealedEnd: number;
  /** What the file after it says that its bytes up to `sealedEnd` come to; `undefined` where nothing says so. */
  readonly digest: Uint8Array | undefined;
  /** What its first frame follows; `undefined` where its header cannot be read. */
  readonly head: Link | undefined;
  /** What it says that the file before it ends with; `undefined` where there was none. */
  readonly previous: Link | undefined;
  /** May a power cut have left a frame of it without the one before? */
  readonly unsynced: boolean;
}

/** The files of a store, as far as their headers can be read. */
export interface StoreFiles {
  readonly layout: Layout;
  /** `undefined` where no file tells it. */
  readonly storeId: Uint8Array | undefined;
  /** In the order in which their frames were written. */
  readonly files: readonly FrameFile[];
  /** The number of the segment with which the log has to begin; `undefined` where nothing tells it. */
  readonly firstSegment: number | undefined;
  readonly damage: readonly StoreDamage[];
  /** How far the log was acknowledged, by what is known without the checkpoint; `undefined` where nothing tells it. */
  readonly acknowledged: LogPosition | undefined;
}

interface SegmentHead {
  readonly number: number;
  readonly path: string;
  readonly length: number;
  readonly header: SegmentHeader | undefined;
  readonly checksum: number;
}

/** Finds out which files of a store to read, in which order, whatever else is damaged. */
export async function findStoreFiles(fileSystem: FileSystem, layout: Layout): Promise<StoreFiles> {
  const damage: StoreDamage[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      damage.push(damageOf(error));
      return undefined;
    }
  };

  const promised = await attempt(async () => {
    const found = await readAcknowledgement(fileSystem, layout);
    if (found === undefined)
      throw corrupt(layout.acknowledged, 0, 0, "the record of what was acknowledged is missing");
    return found;
  });
  const checkpoint = await readHead(fileSystem, layout.checkpoint, CHECKPOINT_HEADER_BYTES);
  const header =
    checkpoint && (await attempt(async () => decodeCheckpointHeader(checkpoint.head, layout.checkpoint)));
  const files = checkpoint === undefined ? [] : [checkpointFile(layout.checkpoint, checkpoint, header)];

  const firstSegment = checkpoint === undefined ? 1 : header?.start.segment;
  const numbers = (await listSegments(fileSystem, layout)).filter((number) => number >= (firstSegment ?? 1));
  const segments: SegmentHead[] = [];
  for (const number of numbers) {
    const path = layout.segment(number);
    const found = await readHead(fileSystem, path, SEGMENT_HEADER_BYTES);
    if (found === undefined) continue;
    const { head, length } = found;
    const isNewest = number === numbers.at(-1);
    const isBare =
      length <= SEGMENT_HEADER_BYTES && promised !== undefined && number > promised.position.segment;
    const reading = async (): Promise<SegmentHeader> => {
      const read = decodeSegmentHeader(head, path);
      const { start } = header ?? {};
      if (number === start?.segment && segmentHeaderChecksum(head) !== start.checksum)
        throw corrupt(path, 0, SEGMENT_HEADER_BYTES, "it does not follow the checkpoint");
      return read;
    };
    // A crash may leave the newest one before it is whole. It held nothing yet.
    const readable = isNewest && isBare ? await reading().catch(() => undefined) : await attempt(reading);
    if (isNewest && isBare && readable === undefined) continue;
    const checksum = readable === undefined ? 0 : segmentHeaderChecksum(head);
    segments.push({ number, path, length, header: readable, checksum });
  }
  for (const [i, segment] of segments.entries()) {
    const behind = segments[i + 1];
    const next = behind?.number === segment.number + 1 ? behind : undefined;
    const acknowledgedEnd = promised?.position.segment === segment.number ? promised.position.end : 0;
    const zeros =
      next === undefined ? await findRoom(fileSystem, segment.path, SEGMENT_HEADER_BYTES) : undefined;
    files.push(segmentFile(segment, next, Math.max(zeros ?? segment.length, acknowledgedEnd)));
  }
  const headers = segments.flatMap((segment) => segment.header ?? []);
  const storeId = promised?.storeId ?? header?.storeId ?? headers[0]?.storeId;
  return { layout, storeId, files, firstSegment, damage, acknowledged: promised?.position };
}

function checkpointFile(
  path: string,
  { head, length }: { readonly head: Uint8Array; readonly length: number },
  header: CheckpointHeader | undefined,
): FrameFile {
  return {
    ...{ path, segment: undefined, start: CHECKPOINT_HEADER_BYTES, digest: undefined, previous: undefined },
    ...{ end: length, room: length, sealedEnd: length, unsynced: false },
    head: header && { sequence: 0, checksum: checkpointHeaderChecksum(head) },
  };
}

function segmentFile(
  { number, path, length, header, checksum }: SegmentHead,
  next: SegmentHead | undefined,
  room: number,
): FrameFile {
  const sealedEnd = next?.header?.previousEnd ?? length;
  const end = Math.min(length, sealedEnd);
  const sequence = header && header.sequence - 1;
  return {
    ...{ path, segment: number, start: SEGMENT_HEADER_BYTES, end, sealedEnd },
    room: Math.min(end, room),
    digest: next?.header?.previousDigest,
    head: sequence === undefined ? undefined : { sequence, checksum },
    previous:
      sequence === undefined || number === 1
        ? undefined
        : { sequence, checksum: header?.previousChecksum ?? 0 },
    unsynced: header?.unsynced ?? false,
  };
}

/** What an error says of damage; any other error is thrown. */
export function damageOf(error: unknown): StoreDamage {
  if (isKeelsonError(error, "STORE_CORRUPT")) return error.details;
  throw error;
}

const BYTES_PER_READ = 1024 * 1024;

/** Where the zeros begin that a file ends with, `start` at the earliest. */
async function findRoom(fileSystem: FileSystem, path: string, start: number): Promise<number> {
  const file = await fileSystem.open(path, "read");
  try {
    for (let end = await file.size(); end > start; ) {
      const from = Math.max(start, end - BYTES_PER_READ);
      const zeros = roomStart(await file.read(end - from, from), 0);
      if (zeros > 0) return from + zeros;
      end = from;
    }
    return start;
  } finally {
    await file.close();
  }
}

async function readHead(
  fileSystem: FileSystem,
  path: string,
  bytes: number,
): Promise<{ readonly head: Uint8Array; readonly length: number } | undefined> {
  try {
    const file = await fileSystem.open(path, "read");
    try {
      return { head: await file.read(bytes, 0), length: await file.size() };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

import { isKeelsonError } from "@keelson/core";
import {
  CHECKPOINT_HEADER_BYTES,
  type CheckpointHeader,
  decodeCheckpointHeader,
} from "../checkpoint/checkpoint-header.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { readAcknowledgement } from "../log/acknowledgement.ts";
import { listSegments } from "../log/list-segments.ts";
import type { LogPosition } from "../log/log-position.ts";
import { roomStart } from "../log/room.ts";
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from "../log/segment-header.ts";
import { corrupt } from "../store-error.ts";
import { hasCode } from "../system-error.ts";

/** A place in a store's files that is not as it was written. Byte offsets, end exclusive. */
export interface StoreDamage {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

/** A file of a store that frames stand in. */
export interface FrameFile {
  readonly path: string;
  readonly kind: "checkpoint" | "segment";
  /** Where its frames begin. */
  readonly start: number;
  /** Where they end, the last byte of the file for the newest segment. */
  readonly end: number;
  /** From where on the newest segment holds only zeros, none of them acknowledged; `end` in any other file. */
  readonly room: number;
  /** What the file after it says that its bytes up to `end` come to; `undefined` where nothing says so. */
  readonly digest: Uint8Array | undefined;
}

/** The files of a store, as far as their headers can be read. */
export interface StoreFiles {
  /** `undefined` where no file tells it. */
  readonly storeId: Uint8Array | undefined;
  /** In the order in which their frames were written. */
  readonly files: readonly FrameFile[];
  readonly damage: readonly StoreDamage[];
  /** How far the log was acknowledged; `undefined` where nothing tells it. */
  readonly acknowledged: LogPosition | undefined;
}

/** Finds out which files of a store to read, in which order, whatever else is damaged. */
export async function findStoreFiles(fileSystem: FileSystem, layout: Layout): Promise<StoreFiles> {
  const damage: StoreDamage[] = [];
  const files: FrameFile[] = [];
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
  const checkpoint = await attempt(() => readHead(fileSystem, layout.checkpoint, CHECKPOINT_HEADER_BYTES));
  let header: CheckpointHeader | undefined;
  if (checkpoint !== undefined) {
    const { head, length } = checkpoint;
    header = await attempt(async () => decodeCheckpointHeader(head, layout.checkpoint));
    files.push({
      ...{ path: layout.checkpoint, kind: "checkpoint", end: length, room: length, digest: undefined },
      start: CHECKPOINT_HEADER_BYTES,
    });
  }

  const numbers = (await listSegments(fileSystem, layout)).filter(
    (number) => number >= (header?.start.segment ?? 1),
  );
  const promisedIn = (path: string): number =>
    promised !== undefined && layout.segment(promised.position.segment) === path ? promised.position.end : 0;
  const segments: { path: string; length: number; header: SegmentHeader | undefined }[] = [];
  for (const number of numbers) {
    const path = layout.segment(number);
    const found = await attempt(() => readHead(fileSystem, path, SEGMENT_HEADER_BYTES));
    if (found === undefined) continue;
    const { head, length } = found;
    segments.push({ path, length, header: await attempt(async () => decodeSegmentHeader(head, path)) });
  }
  for (const [i, { path, length }] of segments.entries()) {
    const next = segments[i + 1]?.header;
    const end = Math.min(length, next?.previousEnd ?? length);
    const isNewest = i === segments.length - 1;
    const zeros = isNewest ? await findRoom(fileSystem, path, SEGMENT_HEADER_BYTES) : end;
    const room = Math.min(end, Math.max(zeros, promisedIn(path)));
    files.push({
      ...{ path, kind: "segment", end, room, digest: next?.previousDigest },
      start: SEGMENT_HEADER_BYTES,
    });
  }
  const headers = segments.flatMap((segment) => segment.header ?? []);
  const storeId = promised?.storeId ?? header?.storeId ?? headers[0]?.storeId;
  return { storeId, files, damage, acknowledged: promised?.position };
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

import { join } from "node:path";
import { createWhole, makeDirectory, writeAll } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { hasCode } from "../system-error.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogReading } from "./read-log.ts";
import type { OpenSegment } from "./segment.ts";

/** A write that a crash tore, of which nothing was acknowledged. Byte offsets, end exclusive. */
export interface TornTail {
  /** The log's file that it was cut from. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** The file that keeps the bytes. */
  readonly keptAs: string;
}

/** What {@link repairTail} did. */
export interface RepairedTail extends OpenSegment {
  /** `undefined` where nothing was torn. */
  readonly tornTail: TornTail | undefined;
}

/**
 * Opens the newest segment for writing behind its last whole frame. A torn write is kept aside, then cut. What was
 * never acknowledged and is whole all the same is written once more: after a failed fsync it may be in the system's
 * memory and never reach the disk.
 */
export async function repairTail(
  fileSystem: FileSystem,
  layout: Layout,
  { position, bytes, length, hash, unsynced }: LogReading,
  acknowledged: LogPosition,
): Promise<RepairedTail> {
  const path = layout.segment(position.segment);
  const file = await fileSystem.open(path, "write");
  try {
    const { end } = position;
    const tornTail = end < bytes.length ? await keepAside(fileSystem, layout, position, bytes) : undefined;
    if (tornTail !== undefined) await file.truncate(end);
    const promised = acknowledged.segment === position.segment ? acknowledged.end : 0;
    if (promised < end) await writeAll(file, bytes.subarray(promised, end), promised);
    if (tornTail !== undefined || promised < end) {
      await file.sync();
      await fileSystem.syncDirectory(layout.log);
    }
    return { file, position, length: tornTail === undefined ? length : end, hash, unsynced, tornTail };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function keepAside(
  fileSystem: FileSystem,
  layout: Layout,
  { segment, end: start }: LogPosition,
  bytes: Buffer,
): Promise<TornTail> {
  await makeDirectory(fileSystem, layout.cut);
  for (let copy = 1; ; copy++) {
    const keptAs = join(layout.cut, `${segment}-${start}-${copy}`);
    try {
      await createWhole(fileSystem, keptAs, bytes.subarray(start));
    } catch (error) {
      if (hasCode(error, "EEXIST")) continue;
      throw error;
    }
    await fileSystem.syncDirectory(layout.cut);
    return { file: layout.segment(segment), start, end: bytes.length, keptAs };
  }
}

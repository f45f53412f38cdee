import { randomBytes } from "node:crypto";
import type { Op } from "@keelson/storage-engine";
import { closeAll, makeDirectory, readWhole } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import type { Health } from "../health.ts";
import { type Layout, segmentNumber } from "../layout.ts";
import type { OwnerLock } from "../owner-lock.ts";
import { corrupt } from "../store-error.ts";
import { createAcknowledgement, openAcknowledgement, readAcknowledgement } from "./acknowledgement.ts";
import { createLogWriter, type LogWriter } from "./log-writer.ts";
import { readLog } from "./read-log.ts";
import { repairTail, type TornTail } from "./repair-tail.ts";
import { createSegment, nextHeader, type OpenSegment } from "./segment.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-header.ts";

/** What {@link openLog} takes. */
export interface OpenLogOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly lock: OwnerLock;
  readonly health: Health;
  readonly segmentBytes: number;
  /** Is given every op of the log, in order. */
  readonly apply: (op: Op, bytes: number) => void;
}

/** A log that was replayed and can be written. */
export interface OpenedLog {
  readonly writer: LogWriter;
  readonly storeId: Uint8Array;
  readonly tornTail: TornTail | undefined;
}

/** Opens the log of a store, or begins it. */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { fileSystem, layout, lock, health, segmentBytes, apply } = options;
  await createIfNew(fileSystem, layout);
  const promised = await readAcknowledgement(fileSystem, layout);
  if (promised === undefined)
    throw corrupt(layout.acknowledged, 0, 0, "the record of what was acknowledged is missing");
  const { storeId, position: acknowledged } = promised;

  const lastSegment = await findLastSegment(fileSystem, layout, acknowledged.segment);
  const reading = await readLog({ fileSystem, layout, storeId, lastSegment, acknowledged, apply });
  const { tornTail, ...repaired } = await repairTail(fileSystem, layout, reading, acknowledged);
  let files: Pick<OpenFile, "close">[] = [repaired.file];
  try {
    let segment: OpenSegment = repaired;
    if (lock.takenOver) {
      // Should the last owner wake up, it goes on in its own segment, behind the end that this one's header names.
      segment = await createSegment(fileSystem, layout, nextHeader(storeId, repaired.position));
      files = [segment.file];
      await repaired.file.close();
    }
    const acknowledgement = await openAcknowledgement(fileSystem, layout, promised);
    files.push(acknowledgement);
    await acknowledgement.write(segment.position);
    await acknowledgement.sync();
    const written = { fileSystem, layout, storeId, lock, health, acknowledgement, segment, segmentBytes };
    return { writer: createLogWriter(written), storeId, tornTail };
  } catch (error) {
    await closeAll(files).catch(() => {});
    throw error;
  }
}

/** The segments' numbers, ascending. */
async function listSegments(fileSystem: FileSystem, layout: Layout): Promise<number[]> {
  const names = await fileSystem.list(layout.log);
  return names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
}

// The acknowledgement comes last, and no frame before it: without it, a bare first segment is a beginning that a crash
// cut short, and anything more is a loss.
async function createIfNew(fileSystem: FileSystem, layout: Layout): Promise<void> {
  if (await fileSystem.exists(layout.acknowledged)) return;
  await makeDirectory(fileSystem, layout.log);
  const segments = await listSegments(fileSystem, layout);
  if (segments.some((number) => number > 1)) return;
  if (segments.length === 1) {
    if (!(await isBare(fileSystem, layout, 1))) return;
    await fileSystem.remove(layout.segment(1));
  }
  const storeId = randomBytes(16);
  const start = { segment: 0, end: 0, sequence: 0, checksum: 0 };
  const { file, position } = await createSegment(fileSystem, layout, nextHeader(storeId, start));
  await file.close();
  await createAcknowledgement(fileSystem, layout, storeId, position);
}

/** The newest segment's number. One that a crash left without its header is removed: it held nothing yet. */
async function findLastSegment(
  fileSystem: FileSystem,
  layout: Layout,
  acknowledged: number,
): Promise<number> {
  const numbers = await listSegments(fileSystem, layout);
  const gap = numbers.findIndex((number, i) => number !== i + 1);
  const missing = gap === -1 ? undefined : gap + 1;
  if (missing !== undefined) throw corrupt(layout.segment(missing), 0, 0, "the segment is missing");
  const last = numbers.length;
  if (last <= acknowledged || !(await isBare(fileSystem, layout, last))) return last;
  await fileSystem.remove(layout.segment(last));
  await fileSystem.syncDirectory(layout.log);
  return last - 1;
}

/** Does a segment hold no more than its header, if that? */
async function isBare(fileSystem: FileSystem, layout: Layout, number: number): Promise<boolean> {
  const bytes = await readWhole(fileSystem, layout.segment(number));
  return bytes !== undefined && bytes.length <= SEGMENT_HEADER_BYTES;
}

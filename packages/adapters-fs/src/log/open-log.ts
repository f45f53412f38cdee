import { randomBytes } from "node:crypto";
import type { Engine, Op } from "@keelson/storage-engine";
import { type Checkpoint, readCheckpoint } from "../checkpoint/read-checkpoint.ts";
import { closeAll, makeDirectory, orRelease } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import type { Health } from "../health.ts";
import type { Layout } from "../layout.ts";
import type { OwnerLock } from "../owner-lock.ts";
import { corrupt } from "../store-error.ts";
import { createAcknowledgement, openAcknowledgement, readAcknowledgement } from "./acknowledgement.ts";
import { isBare, listSegments, removeSegmentsBefore } from "./list-segments.ts";
import { type LogPosition, laterPosition } from "./log-position.ts";
import { createLogWriter, type LogWriter } from "./log-writer.ts";
import { type LogReading, readLog } from "./read-log.ts";
import { repairTail, type TornTail } from "./repair-tail.ts";
import { closeSegment, createSegment, firstHeader, nextHeader, type OpenSegment } from "./segment.ts";

/** What {@link openLog} takes. */
export interface OpenLogOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly lock: OwnerLock;
  readonly health: Health;
  readonly segmentBytes: number;
  /** Shall writes be acknowledged before they are on stable storage? */
  readonly unsynced: boolean;
  /** Is given what the checkpoint and the log hold. */
  readonly engine: Engine;
  /** Is called when something was written. */
  readonly onWritten: () => void;
}

/** A log that was replayed and can be written. */
export interface OpenedLog {
  readonly writer: LogWriter;
  readonly storeId: Uint8Array;
  readonly checkpoint: Checkpoint | undefined;
  readonly tornTail: TornTail | undefined;
}

/** Opens the log of a store, or begins it. */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { fileSystem, layout } = options;
  await createIfNew(fileSystem, layout);
  const replayed = await replay(options);
  return await orRelease(
    () => openReplayed(options, replayed),
    async () => await replayed.checkpoint?.texts.close(),
  );
}

async function openReplayed(
  options: OpenLogOptions,
  { promised, acknowledged, checkpoint, reading, bare }: Replay,
): Promise<OpenedLog> {
  const { fileSystem, layout, lock, health, segmentBytes, unsynced } = options;
  const { storeId } = promised;
  if (bare !== undefined) {
    await fileSystem.remove(layout.segment(bare));
    await fileSystem.syncDirectory(layout.log);
  }
  if (checkpoint !== undefined) {
    // Its name has to be there for sure before anything goes that it has taken the place of.
    await fileSystem.syncDirectory(layout.root);
    await removeSegmentsBefore(fileSystem, layout, checkpoint.start.segment);
  }
  const { tornTail, ...repaired } = await repairTail(fileSystem, layout, reading, acknowledged);
  let files: Pick<OpenFile, "close">[] = [repaired.file];
  const openWriter = async (): Promise<LogWriter> => {
    let segment: OpenSegment = repaired;
    let { logBytes } = reading;
    if (lock.takenOver || segment.unsynced !== unsynced) {
      // Should the last owner wake up, it goes on in its own segment, behind the end that this one's header names.
      segment = await createSegment(fileSystem, layout, nextHeader(storeId, repaired, unsynced));
      logBytes += segment.position.end;
      files = [segment.file];
      await closeSegment(repaired);
    }
    const acknowledgement = await openAcknowledgement(fileSystem, layout, promised);
    files.push(acknowledgement);
    await acknowledgement.write(segment.position);
    await acknowledgement.sync();
    const { onWritten } = options;
    return createLogWriter({
      ...{ fileSystem, layout, storeId, lock, health, acknowledgement, segment, segmentBytes, onWritten },
      bytes: logBytes,
    });
  };
  const writer = await orRelease(openWriter, () => closeAll(files));
  return { writer, storeId, checkpoint, tornTail };
}

type ReplayOptions = Pick<OpenLogOptions, "fileSystem" | "layout" | "engine">;

/** What {@link replay} found. */
export interface Replay {
  readonly promised: { readonly storeId: Uint8Array; readonly count: number; readonly position: LogPosition };
  /** Up to here everything was promised to somebody, by what the checkpoint says too. */
  readonly acknowledged: LogPosition;
  readonly checkpoint: Checkpoint | undefined;
  readonly reading: LogReading;
  /** A segment behind the newest one, that a crash left without a frame. It held nothing yet. */
  readonly bare: number | undefined;
}

/**
 * Reads all of a store's content into an engine, but for the texts of the checkpoint, which follow when they are asked
 * for. It changes nothing on the medium.
 */
export async function replay(options: ReplayOptions): Promise<Replay> {
  const { fileSystem, layout, engine } = options;
  const promised = await readAcknowledgement(fileSystem, layout);
  if (promised === undefined)
    throw corrupt(layout.acknowledged, 0, 0, "the record of what was acknowledged is missing");
  const checkpoint = await readCheckpoint(fileSystem, layout.checkpoint, engine);
  return await orRelease(
    () => replayLog(options, promised, checkpoint),
    async () => await checkpoint?.texts.close(),
  );
}

async function replayLog(
  { fileSystem, layout, engine }: ReplayOptions,
  promised: Replay["promised"],
  checkpoint: Checkpoint | undefined,
): Promise<Replay> {
  const { storeId } = promised;
  if (checkpoint !== undefined && !Buffer.from(checkpoint.storeId).equals(storeId))
    throw corrupt(layout.checkpoint, 0, checkpoint.bytes, "it is another store's");
  const through = checkpoint?.through;
  const acknowledged = through === undefined ? promised.position : laterPosition(promised.position, through);

  const start = checkpoint?.start;
  const { last, bare } = await findLastSegment(fileSystem, layout, start?.segment, acknowledged.segment);
  const apply = (op: Op, bytes: number, position: LogPosition): void => {
    if (through !== undefined && position.sequence <= through.sequence && isMoot(engine, op)) return;
    engine.apply(op, bytes);
  };
  const reading = await readLog({
    fileSystem,
    layout,
    storeId,
    start,
    lastSegment: last,
    acknowledged,
    apply,
  });
  return { promised, acknowledged, checkpoint, reading, bare };
}

/** Is it about a collection that was dropped when the checkpoint was written? The op that dropped it follows. */
function isMoot(engine: Engine, op: Op): boolean {
  if (op.type !== "upsert" && op.type !== "delete") return false;
  const table = engine.tables.get(op.collection);
  if (table === undefined) return true;
  return op.type === "upsert" && op.records.some(({ vector }) => vector.length !== table.dimension);
}

// The acknowledgement comes last, and no frame before it: without it, a bare first segment is a beginning that a crash
// cut short, and anything more is a loss.
async function createIfNew(fileSystem: FileSystem, layout: Layout): Promise<void> {
  if (await fileSystem.exists(layout.acknowledged)) return;
  if (await fileSystem.exists(layout.checkpoint)) return;
  await makeDirectory(fileSystem, layout.log);
  const segments = await listSegments(fileSystem, layout);
  if (segments.some((number) => number > 1)) return;
  if (segments.length === 1) {
    if (!(await isBare(fileSystem, layout, 1))) return;
    await fileSystem.remove(layout.segment(1));
  }
  await createLog(fileSystem, layout, randomBytes(16));
}

/** Makes the files of an empty log. */
export async function createLog(
  fileSystem: FileSystem,
  layout: Layout,
  storeId: Uint8Array,
): Promise<LogPosition> {
  const { file, position } = await createSegment(fileSystem, layout, firstHeader(storeId));
  await file.close();
  await createAcknowledgement(fileSystem, layout, storeId, position);
  return position;
}

async function findLastSegment(
  fileSystem: FileSystem,
  layout: Layout,
  start: number | undefined,
  acknowledged: number,
): Promise<{ readonly last: number; readonly bare: number | undefined }> {
  const all = await listSegments(fileSystem, layout);
  const lowest = all[0];
  if (start === undefined && lowest !== undefined && lowest > 1)
    throw corrupt(layout.segment(1), 0, 0, "the segment is missing, and there is no checkpoint in its place");
  const first = start ?? 1;
  const numbers = all.filter((number) => number >= first);
  const gap = numbers.findIndex((number, i) => number !== first + i);
  const missing = gap === -1 ? undefined : first + gap;
  if (missing !== undefined) throw corrupt(layout.segment(missing), 0, 0, "the segment is missing");
  const last = first + numbers.length - 1;
  if (last <= acknowledged || !(await isBare(fileSystem, layout, last))) return { last, bare: undefined };
  return { last: last - 1, bare: last };
}

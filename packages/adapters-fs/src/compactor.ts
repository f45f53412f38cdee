import { join } from "node:path";
import type { Engine } from "@keelson/storage-engine";
import type { Checkpoint } from "./checkpoint/read-checkpoint.ts";
import { writeCheckpoint } from "./checkpoint/write-checkpoint.ts";
import { removeIfThere } from "./durable-files.ts";
import type { FileSystem } from "./file-system.ts";
import type { Health } from "./health.ts";
import type { Layout } from "./layout.ts";
import { removeSegmentsBefore } from "./log/list-segments.ts";
import type { LogWriter } from "./log/log-writer.ts";
import type { OwnerLock } from "./owner-lock.ts";
import { failed } from "./store-error.ts";

/** Keeps the files of a store as small as what it holds, and quick to open. */
export interface Compactor {
  /** Begins a compaction in the background where one is due. */
  consider(): void;
  /**
   * Compacts now, once what is under way is done, and removes torn tails that were kept aside.
   *
   * @returns By how many bytes the files became smaller.
   */
  reclaim(): Promise<number>;
  /** Waits for what is under way. Compacts where the next opening gains by it. */
  close(): Promise<void>;
}

/** What {@link createCompactor} takes. */
export interface CompactorOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly storeId: Uint8Array;
  readonly engine: Engine;
  readonly writer: LogWriter;
  readonly lock: OwnerLock;
  readonly health: Health;
  /** What the store was opened with; `undefined` where there was none. */
  readonly checkpoint: Checkpoint | undefined;
  /** From which share of dead bytes on compaction is due, 0..1; at 1 it never is. */
  readonly compactAt: number;
  /** Nothing is due below this. */
  readonly compactFromBytes: number;
}

// What a frame costs a replay beside its bytes, in bytes.
const FRAME_COST = 1024;
const BYTES_PER_BLOCK = 4 * 1024 * 1024;

/**
 * Compaction is a checkpoint: all content is written to a new file while the log goes on in a new segment; what lies
 * before that segment is then removed. It is written in pieces, and reads and writes take place between any two.
 */
export function createCompactor(options: CompactorOptions): Compactor {
  const { fileSystem, layout, storeId, engine, writer, lock, health, compactAt, compactFromBytes } = options;
  let checkpointBytes = options.checkpoint?.bytes ?? 0;
  let start = options.checkpoint?.start;
  // How much the log had when it went on there.
  let bytesBefore = 0;
  // What a checkpoint takes beyond what the log would: less than nothing, but for a small one.
  let overhead = 0;
  let running: Promise<void> | undefined;
  let closing = false;

  const logCost = (): number => {
    const frames = writer.position.sequence - (start?.sequence ?? 0);
    return writer.bytes - bytesBefore + FRAME_COST * frames;
  };
  const isDue = (): boolean => {
    const total = checkpointBytes + logCost();
    return total >= compactFromBytes && total - (engine.bytes + overhead) > compactAt * total;
  };

  const compact = async (): Promise<void> => {
    // Its file is closed then, and has nothing that is not in memory.
    await options.checkpoint?.texts.follow();
    const next = await writer.startSegment();
    const before = writer.bytes;
    const held = engine.bytes;
    checkpointBytes = await writeCheckpoint({
      fileSystem,
      layout,
      storeId,
      start: next,
      blocks: engine.contents(BYTES_PER_BLOCK),
      through: () => writer.settle(),
      goOn: async () => {
        health.assert();
        await lock.assertHeld();
      },
    });
    start = next;
    bytesBefore = before;
    // Beside what there was before: what has gone meanwhile may have been written all the same.
    overhead = checkpointBytes - held;
    await removeSegmentsBefore(fileSystem, layout, next.segment);
  };
  /** One after the other. */
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const turn = (running ?? Promise.resolve()).then(work, work);
    running = turn;
    const done = (): void => {
      if (running !== turn) return;
      running = undefined;
      // What was deleted meanwhile may have been written all the same.
      consider();
    };
    turn.then(done, done);
    return turn;
  };
  const attempt = async (): Promise<void> => {
    try {
      await compact();
    } catch (cause) {
      throw health.fail("compact the store", cause);
    }
  };

  const consider = (): void => {
    if (running !== undefined || closing || !health.isWell() || !isDue()) return;
    // What fails ends writing; the next write is told.
    enqueue(attempt).catch(() => {});
  };

  return {
    consider,
    reclaim: async () => {
      let reclaimed = 0;
      await enqueue(async () => {
        health.assert();
        const before = await countBytes(fileSystem, layout);
        await writer.settle();
        const { segment, sequence } = writer.position;
        const holdsMore = segment !== (start?.segment ?? 1) || sequence !== (start?.sequence ?? 0);
        if (holdsMore) await attempt();
        await removeAll(fileSystem, layout.cut);
        reclaimed = before - (await countBytes(fileSystem, layout));
      }).catch((cause: unknown) => {
        throw failed("reclaim", cause);
      });
      return Math.max(0, reclaimed);
    },
    close: async () => {
      closing = true;
      await running?.catch(() => {});
      if (!health.isWell() || compactAt >= 1) return;
      if (logCost() >= compactFromBytes && logCost() >= engine.bytes / 4) await attempt();
    },
  };
}

async function removeAll(fileSystem: FileSystem, directory: string): Promise<void> {
  if (!(await fileSystem.exists(directory))) return;
  for (const name of await fileSystem.list(directory)) await removeIfThere(fileSystem, join(directory, name));
  await fileSystem.syncDirectory(directory);
}

/** How many bytes the checkpoint, the log and what was kept aside take. */
async function countBytes(fileSystem: FileSystem, layout: Layout): Promise<number> {
  const paths = (await fileSystem.exists(layout.checkpoint)) ? [layout.checkpoint] : [];
  for (const directory of [layout.log, layout.cut]) {
    if (!(await fileSystem.exists(directory))) continue;
    paths.push(...(await fileSystem.list(directory)).map((name) => join(directory, name)));
  }
  let bytes = 0;
  for (const path of paths) {
    const file = await fileSystem.open(path, "read");
    try {
      bytes += await file.size();
    } finally {
      await file.close();
    }
  }
  return bytes;
}

import type { Journal } from "@keelson/storage-engine";
import { checksum } from "../checksum.ts";
import { closeAll, writeAll } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import type { Health } from "../health.ts";
import type { Layout } from "../layout.ts";
import type { OwnerLock } from "../owner-lock.ts";
import type { Acknowledgement } from "./acknowledgement.ts";
import { encodeFrame } from "./frame.ts";
import { encodeOp } from "./op-codec.ts";
import { createSegment, nextHeader, type OpenSegment } from "./segment.ts";

/** A log open for writing. */
export interface LogWriter extends Journal {
  /** Ends what is under way and closes the files. */
  close(): Promise<void>;
}

/** What {@link createLogWriter} takes. */
export interface LogWriterOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly storeId: Uint8Array;
  readonly lock: OwnerLock;
  readonly health: Health;
  readonly acknowledgement: Acknowledgement;
  /** Where to go on. */
  readonly segment: OpenSegment;
  /** A segment of at least this size is followed by a new one. */
  readonly segmentBytes: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const LARGEST_BATCH = 64 * 1024 * 1024;

/**
 * Appends ops to the log. Those that arrive while a write is under way share the next one, and its fsync.
 */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { fileSystem, layout, storeId, lock, health, acknowledgement, segmentBytes } = options;
  const seed = checksum(storeId);
  let { file, position } = options.segment;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const startSegment = async (): Promise<void> => {
    const started = await createSegment(fileSystem, layout, nextHeader(storeId, position));
    const full = file;
    ({ file, position } = started);
    await full.close();
  };
  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    if (position.end >= segmentBytes) await startSegment();
    const payload = batch.map(({ bytes }) => bytes);
    const sequence = position.sequence + 1;
    const frame = encodeFrame(payload, sequence, position.checksum, seed);
    await writeAll(file, frame.bytes, position.end);
    await file.sync();
    const { segment, end } = position;
    position = { segment, end: end + frame.bytes.length, sequence, checksum: frame.checksum };
    await lock.assertHeld();
    await acknowledgement.write(position);
  };
  const run = async (): Promise<void> => {
    // Calls made in one turn share the first write too.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        health.assert();
        await writeBatch(batch);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const error = health.fail("write the log", cause);
        for (const { reject } of batch) reject(error);
      }
    }
    running = undefined;
  };
  const takeBatch = (): Waiting[] => {
    let size = 0;
    const end = waiting.findIndex(({ bytes }, i) => {
      size += bytes.length;
      return i > 0 && size > LARGEST_BATCH;
    });
    const batch = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    return batch;
  };

  return {
    append: (op) => {
      health.assert();
      const bytes = encodeOp(op);
      const written = new Promise<void>((resolve, reject) => waiting.push({ bytes, resolve, reject }));
      running ??= run();
      return { bytes: bytes.length, written };
    },
    close: async () => {
      await running;
      try {
        await acknowledgement.sync();
      } finally {
        await closeAll([acknowledgement, file]);
      }
    },
  };
}

import { setImmediate } from "node:timers/promises";
import type { Journal } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import { encodeOp } from "../codec/op-codec.ts";
import { closeAll, writeAll } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import type { Health } from "../health.ts";
import type { Layout } from "../layout.ts";
import type { OwnerLock } from "../owner-lock.ts";
import type { Acknowledgement } from "./acknowledgement.ts";
import { createFrameEncoder } from "./frame.ts";
import type { LogPosition } from "./log-position.ts";
import { withRoom } from "./room.ts";
import { closeSegment, createSegment, nextHeader, type OpenSegment } from "./segment.ts";

/** A log open for writing. */
export interface LogWriter extends Journal {
  /** How many bytes were written, those included that were read when it was opened. */
  readonly bytes: number;
  /** Behind what is written. */
  readonly position: LogPosition;
  /** Goes on in a new segment, and says where that one starts. Ops that have not been written yet come behind it. */
  startSegment(): Promise<LogPosition>;
  /** Resolves once all ops taken so far are on stable storage, with a position behind them. */
  settle(): Promise<LogPosition>;
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
  /** How many bytes of it were read. */
  readonly bytes: number;
  /** A segment of at least this size is followed by a new one. */
  readonly segmentBytes: number;
  /** Is called when something was written. */
  readonly onWritten: () => void;
}

interface Waiting {
  /** `undefined` for one who only wants to know that all before it is on stable storage. */
  readonly bytes: Uint8Array | undefined;
  readonly resolve: (position: LogPosition) => void;
  readonly reject: (error: Error) => void;
}

const LARGEST_BATCH = 64 * 1024 * 1024;
const SPARE_BYTES = 4 * 1024 * 1024;

/**
 * Appends ops to the log. Those that arrive while a write is under way share the next one, and its fsync.
 */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { fileSystem, layout, storeId, lock, health, acknowledgement, segmentBytes } = options;
  const frames = createFrameEncoder(checksum(storeId));
  const { unsynced } = options.segment;
  let { segment, bytes: writtenBytes } = options;
  let waiting: Waiting[] = [];
  let segmentWanted: Waiting[] = [];
  let running: Promise<void> | undefined;
  let lastShared = false;
  // Of an op that is in its frame, for one to come.
  let spare: Buffer | undefined;

  // Asked once the bytes are written: who takes over later finds them. It need not wait for the disk.
  const syncAsOwner = async (): Promise<void> => {
    await Promise.all([segment.file.sync(), lock.assertHeld()]);
  };
  const makeDurable = async (): Promise<void> => {
    await syncAsOwner();
    await acknowledgement.write(segment.position);
  };
  const startSegment = async (): Promise<void> => {
    // The next segment says that this one is whole.
    if (unsynced) await makeDurable();
    const full = segment;
    segment = await createSegment(fileSystem, layout, nextHeader(storeId, full, unsynced));
    writtenBytes += segment.position.end;
    await closeSegment(full);
  };
  const writeFrame = async (payload: readonly Uint8Array[]): Promise<void> => {
    if (segment.position.end >= segmentBytes) await startSegment();
    const { file, position, hash } = segment;
    const sequence = position.sequence + 1;
    const frame = frames.encode(payload, sequence, position.checksum);
    const end = position.end + frame.bytes.length;
    const fits = unsynced || end <= segment.length;
    const bytes = fits ? frame.bytes : withRoom(frame.bytes, segmentBytes - position.end);
    const written = await writeAll(file, bytes, position.end, frame.bytes.length);
    const settling = unsynced ? lock.assertHeld() : syncAsOwner();
    // What can wait is done while the disk syncs.
    hash.update(frame.bytes);
    const done = payload.find(({ buffer }) => buffer.byteLength <= SPARE_BYTES);
    spare ??= done && Buffer.from(done.buffer);
    const length = Math.max(segment.length, position.end + written);
    const next = { ...segment, length, position: { ...position, end, sequence, checksum: frame.checksum } };
    await settling;
    segment = next;
    writtenBytes += frame.bytes.length;
  };
  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const payload: Uint8Array[] = [];
    for (const { bytes } of batch) if (bytes !== undefined) payload.push(bytes);
    if (payload.length > 0) await writeFrame(payload);
    if (unsynced && payload.length < batch.length) await makeDurable();
  };
  const attempt = async (batch: readonly Waiting[], work: () => Promise<void>): Promise<void> => {
    try {
      health.assert();
      await work();
      for (const { resolve } of batch) resolve(segment.position);
      // Nobody waits for it but the next write.
      if (!unsynced) await acknowledgement.write(segment.position);
    } catch (cause) {
      const error = health.fail("write the log", cause);
      for (const { reject } of batch) reject(error);
    }
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0 || segmentWanted.length > 0) {
      // Calls made in one turn share a write. Those who shared the last one may be about to share the next.
      await (lastShared ? setImmediate() : Promise.resolve());
      if (segmentWanted.length > 0) {
        const wanted = segmentWanted;
        segmentWanted = [];
        await attempt(wanted, startSegment);
        continue;
      }
      const batch = takeBatch();
      lastShared = batch.length > 1;
      await attempt(batch, () => writeBatch(batch));
      options.onWritten();
    }
    running = undefined;
  };
  const takeBatch = (): Waiting[] => {
    let size = 0;
    const end = waiting.findIndex(({ bytes }, i) => {
      size += bytes?.length ?? 0;
      return i > 0 && size > LARGEST_BATCH;
    });
    const batch = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    return batch;
  };
  const wait = (queue: Waiting[], bytes?: Uint8Array): Promise<LogPosition> => {
    const done = new Promise<LogPosition>((resolve, reject) => queue.push({ bytes, resolve, reject }));
    running ??= run();
    return done;
  };

  return {
    get bytes() {
      return writtenBytes;
    },
    get position() {
      return segment.position;
    },
    append: (op) => {
      health.assert();
      const bytes = encodeOp(op, spare);
      spare = undefined;
      return { bytes: bytes.length, written: wait(waiting, bytes).then(() => {}) };
    },
    startSegment: () => wait(segmentWanted),
    settle: () => wait(waiting),
    close: async () => {
      await running;
      try {
        if (unsynced && health.isWell()) await makeDurable();
        await acknowledgement.sync();
      } finally {
        // After a failure a torn write may stand where the room was: the next opening looks at it.
        const closing = health.isWell() ? { close: () => closeSegment(segment) } : segment.file;
        await closeAll([acknowledgement, closing]);
      }
    },
  };
}

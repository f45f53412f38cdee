import type { Engine } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import { memoryOf, settleFloats } from "../codec/float-bytes.ts";
import { readInto } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import { decodeFrameHeader, FRAME_HEADER_BYTES, type FrameHeader } from "../log/frame.ts";
import { corrupt } from "../store-error.ts";
import { hasCode } from "../system-error.ts";
import { BLOCK_TYPE_BYTES, blockTypeOf, createBlockDecoder, ROWS, VECTORS } from "./block-codec.ts";
import { type CheckpointEnd, decodeCheckpointEnd } from "./checkpoint-end.ts";
import {
  CHECKPOINT_HEADER_BYTES,
  type CheckpointHeader,
  checkpointHeaderChecksum,
  decodeCheckpointHeader,
} from "./checkpoint-header.ts";

/** A checkpoint that was read. */
export interface Checkpoint extends CheckpointHeader, Pick<CheckpointEnd, "through"> {
  /** Its length. */
  readonly bytes: number;
}

/** What takes in the content of a checkpoint. */
type CheckpointTarget = Pick<Engine, "load" | "loadInPlace" | "room">;

const AHEAD_BYTES = FRAME_HEADER_BYTES + BLOCK_TYPE_BYTES;

/**
 * Reads a checkpoint, frame by frame: while one is checked and taken in, the next one is on its way.
 *
 * @param engine Is given its content, and how many bytes each part takes.
 * @returns `undefined` where there is none.
 * @throws KeelsonError STORE_CORRUPT when anything in it is damaged.
 */
export async function readCheckpoint(
  fileSystem: FileSystem,
  path: string,
  engine: CheckpointTarget,
): Promise<Checkpoint | undefined> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, "read");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return await readOpen(file, path, engine);
  } finally {
    await file.close();
  }
}

/** A frame's payload, in pieces, and the beginning of the frame behind it. */
interface Arrived {
  readonly pieces: readonly [Uint8Array, ...Uint8Array[]];
  readonly ahead: Buffer;
}

async function readOpen(file: OpenFile, path: string, engine: CheckpointTarget): Promise<Checkpoint> {
  const length = await file.size();
  const head = asBuffer(await file.read(CHECKPOINT_HEADER_BYTES + AHEAD_BYTES, 0));
  const checkpoint = decodeCheckpointHeader(head, path);
  const seed = checksum(checkpoint.storeId);
  const decoder = createBlockDecoder();

  const headerOf = (ahead: Buffer, start: number, sequence: number, previous: number): FrameHeader => {
    const header = decodeFrameHeader(ahead, 0, seed);
    const end = Math.min(start + FRAME_HEADER_BYTES, length);
    if (header === undefined || header.sequence !== sequence || header.previousChecksum !== previous)
      throw corrupt(path, start, end, "a frame's header does not match its checksum");
    if (start + FRAME_HEADER_BYTES + header.payloadLength > length)
      throw corrupt(path, start, length, "the checkpoint is cut off");
    return header;
  };
  // The beginning of the frame behind comes along: its length is known before this one is taken in.
  const readFrame = async (start: number, { payloadLength }: FrameHeader): Promise<Arrived> => {
    const at = start + FRAME_HEADER_BYTES;
    const bytes = asBuffer(await file.read(payloadLength + AHEAD_BYTES, at));
    return { pieces: [bytes.subarray(0, payloadLength)], ahead: bytes.subarray(payloadLength) };
  };
  // Straight to where they stay: copying them would cost more than all else of opening but their checksum.
  const readVectors = async (
    start: number,
    type: Buffer,
    memories: readonly Uint8Array[],
  ): Promise<Arrived> => {
    let at = start + AHEAD_BYTES;
    const reads: Promise<void>[] = [];
    for (const memory of memories) {
      reads.push(readInto(file, memory, at));
      at += memory.length;
    }
    const [ahead] = await Promise.all([file.read(AHEAD_BYTES, at), ...reads]);
    return { pieces: [type, ...memories], ahead: asBuffer(ahead) };
  };
  /** Where in memory the vectors go that stand in the frame behind; none where it holds something else. */
  const roomFor = ({ payloadLength }: FrameHeader, ahead: Buffer): Uint8Array[] => {
    const { rows } = decoder;
    if (rows === undefined || blockTypeOf(ahead.subarray(FRAME_HEADER_BYTES)) !== VECTORS) return [];
    const memories = engine.room(rows.collection, rows.ids.length).map(memoryOf);
    const expected = memories.reduce((sum, memory) => sum + memory.length, BLOCK_TYPE_BYTES);
    // Vectors that do not fit are refused when they are taken in, once they are known to be undamaged.
    return payloadLength === expected ? memories : [];
  };
  const orCorrupt = <T>(start: number, end: number, work: () => T): T => {
    try {
      return work();
    } catch {
      // The error of a parser quotes what it could not parse.
      throw corrupt(path, start, end, "a whole frame cannot be taken in");
    }
  };

  const ahead = head.subarray(CHECKPOINT_HEADER_BYTES);
  let start = CHECKPOINT_HEADER_BYTES;
  let header = headerOf(ahead, start, 1, checkpointHeaderChecksum(head));
  let arriving = readFrame(start, header);
  while (true) {
    const { pieces, ahead } = await arriving;
    const [payload, ...vectors] = pieces;
    const end = start + FRAME_HEADER_BYTES + header.payloadLength;
    const next = end === length ? undefined : headerOf(ahead, end, header.sequence + 1, header.checksum);
    const go = (reading: Promise<Arrived>): void => {
      // Whoever waits for it is told.
      reading.catch(() => {});
      arriving = reading;
    };
    // Rows say where the vectors behind them go, once they are known to be undamaged.
    const isRows = blockTypeOf(asBuffer(payload)) === ROWS;
    if (next !== undefined && !isRows) go(readFrame(end, next));
    if (pieces.reduce((sum, piece) => checksum(piece, sum), 0) !== header.payloadChecksum)
      throw corrupt(path, start, end, "a frame does not match its checksum");
    if (next === undefined) {
      const { through } = decodeCheckpointEnd(payload) ?? {};
      if (through !== undefined) return { ...checkpoint, through, bytes: length };
      throw corrupt(path, length, length, "the checkpoint is cut off");
    }
    const bytes = end - start;
    if (vectors.length > 0) for (const memory of vectors) settleFloats(memory);
    else {
      const block = orCorrupt(start, end, () => decoder.decode(payload));
      if (block !== undefined) orCorrupt(start, end, () => engine.load(block, bytes));
    }
    if (isRows) {
      const memories = orCorrupt(start, end, () => roomFor(next, ahead));
      const { rows } = decoder;
      if (rows === undefined || memories.length === 0) go(readFrame(end, next));
      else {
        go(readVectors(end, ahead.subarray(FRAME_HEADER_BYTES), memories));
        orCorrupt(start, end, () =>
          engine.loadInPlace(rows, bytes + FRAME_HEADER_BYTES + next.payloadLength),
        );
        decoder.skipVectors();
      }
    }
    start = end;
    header = next;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

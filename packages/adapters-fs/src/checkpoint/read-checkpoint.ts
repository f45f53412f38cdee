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

// Memory outside of the engine's heap has it collect garbage: a few large pieces much less than one for each frame.
const PIECE_BYTES = 1 << 24;
const AHEAD_BYTES = FRAME_HEADER_BYTES + BLOCK_TYPE_BYTES;

/**
 * Reads a checkpoint, frame by frame: while one is checked and taken in, the next ones are on their way.
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

/** A frame on its way: its payload, in pieces, and the beginning of the frame behind it, which may come first. */
interface Arriving {
  readonly pieces: Promise<readonly [Uint8Array, ...Uint8Array[]]>;
  readonly ahead: Promise<Buffer>;
}

async function readOpen(file: OpenFile, path: string, engine: CheckpointTarget): Promise<Checkpoint> {
  const length = await file.size();
  const head = asBuffer(await file.read(CHECKPOINT_HEADER_BYTES + AHEAD_BYTES, 0));
  const checkpoint = decodeCheckpointHeader(head, path);
  const seed = checksum(checkpoint.storeId);
  const decoder = createBlockDecoder();
  const takeMemory = createMemory(Math.min(PIECE_BYTES, length));

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
  const readFrame = (start: number, { payloadLength }: FrameHeader): Arriving => {
    const most = payloadLength + AHEAD_BYTES;
    const bytes = file.read(most, start + FRAME_HEADER_BYTES, takeMemory(most)).then(asBuffer);
    return onItsWay({
      pieces: bytes.then((all) => [all.subarray(0, payloadLength)] as const),
      ahead: bytes.then((all) => all.subarray(payloadLength)),
    });
  };
  // Straight to where they stay: copying them would cost more than all else of opening but their checksum.
  const readVectors = (start: number, type: Buffer, memories: readonly Uint8Array[]): Arriving => {
    const vectorsAt = start + AHEAD_BYTES;
    const bytes = memories.reduce((sum, { length }) => sum + length, 0);
    const ahead = file.read(AHEAD_BYTES, vectorsAt + bytes).then(asBuffer);
    let at = vectorsAt;
    const reads = memories.map((memory) => {
      const reading = readInto(file, memory, at);
      at += memory.length;
      return reading;
    });
    return onItsWay({ pieces: Promise.all(reads).then(() => [type, ...memories] as const), ahead });
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
  /** Goes on behind rows, in most cases with reading their vectors, and takes the rows in meanwhile. */
  const readBehindRows = (rowsStart: number, start: number, header: FrameHeader, ahead: Buffer): Arriving => {
    const memories = orCorrupt(rowsStart, start, () => roomFor(header, ahead));
    const { rows } = decoder;
    if (rows === undefined || memories.length === 0) return readFrame(start, header);
    const arriving = readVectors(start, ahead.subarray(FRAME_HEADER_BYTES), memories);
    const bytes = start - rowsStart + FRAME_HEADER_BYTES + header.payloadLength;
    orCorrupt(rowsStart, start, () => engine.loadInPlace(rows, bytes));
    decoder.skipVectors();
    return arriving;
  };

  let ahead = head.subarray(CHECKPOINT_HEADER_BYTES);
  let start = CHECKPOINT_HEADER_BYTES;
  let header = headerOf(ahead, start, 1, checkpointHeaderChecksum(head));
  let arriving = readFrame(start, header);
  while (true) {
    // Rows say where the vectors behind them go, once they are known to be undamaged.
    const isRows = blockTypeOf(ahead.subarray(FRAME_HEADER_BYTES)) === ROWS;
    const end = start + FRAME_HEADER_BYTES + header.payloadLength;
    ahead = await arriving.ahead;
    const next = end === length ? undefined : headerOf(ahead, end, header.sequence + 1, header.checksum);
    const following = next === undefined || isRows ? undefined : readFrame(end, next);
    const [payload, ...vectors] = await arriving.pieces;
    if (vectors.reduce((sum, piece) => checksum(piece, sum), checksum(payload)) !== header.payloadChecksum)
      throw corrupt(path, start, end, "a frame does not match its checksum");
    if (next === undefined) {
      const { through } = decodeCheckpointEnd(payload) ?? {};
      if (through !== undefined) return { ...checkpoint, through, bytes: length };
      throw corrupt(path, length, length, "the checkpoint is cut off");
    }
    if (vectors.length > 0) for (const memory of vectors) settleFloats(memory);
    else {
      const block = orCorrupt(start, end, () => decoder.decode(payload));
      if (block !== undefined) orCorrupt(start, end, () => engine.load(block, end - start));
    }
    arriving = following ?? readBehindRows(start, end, next, ahead);
    start = end;
    header = next;
  }
}

/** Hands out memory, side by side in pieces of at least so many bytes. */
function createMemory(pieceBytes: number): (bytes: number) => Uint8Array {
  let piece = Buffer.alloc(0);
  let taken = 0;
  return (bytes) => {
    if (taken + bytes > piece.length) {
      piece = Buffer.allocUnsafeSlow(Math.max(bytes, pieceBytes));
      taken = 0;
    }
    taken += bytes;
    return piece.subarray(taken - bytes, taken);
  };
}

/** Whoever waits for it is told where it fails. */
function onItsWay(arriving: Arriving): Arriving {
  arriving.pieces.catch(() => {});
  arriving.ahead.catch(() => {});
  return arriving;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

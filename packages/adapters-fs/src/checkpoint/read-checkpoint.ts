import type { Engine } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import { memoryOf, settleFloats } from "../codec/float-bytes.ts";
import { orRelease, readInto } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import { decodeFrameHeader, FRAME_HEADER_BYTES, type FrameHeader } from "../log/frame.ts";
import { corrupt } from "../store-error.ts";
import { hasCode } from "../system-error.ts";
import {
  BLOCK_TYPE_BYTES,
  blockTypeOf,
  decodeBlockPart,
  ROWS,
  type RowsPart,
  VECTORS,
} from "./block-codec.ts";
import { type CheckpointEnd, decodeCheckpointEnd } from "./checkpoint-end.ts";
import {
  CHECKPOINT_HEADER_BYTES,
  type CheckpointHeader,
  checkpointHeaderChecksum,
  decodeCheckpointHeader,
} from "./checkpoint-header.ts";
import { createFollowingTexts, type FollowingTexts } from "./following-texts.ts";
import { createMemoryPieces } from "./memory-pieces.ts";
import { assertWhole, type PlacedFrame, takeIn } from "./placed-frame.ts";

/** A checkpoint that was read but for its texts. */
export interface Checkpoint extends CheckpointHeader, Pick<CheckpointEnd, "through"> {
  /** Its length. */
  readonly bytes: number;
  /** Holds the file open until all of them are there, or it is closed. */
  readonly texts: FollowingTexts;
}

/** What takes in the content of a checkpoint. */
type CheckpointTarget = Pick<Engine, "load" | "loadInPlace" | "room">;

const AHEAD_BYTES = FRAME_HEADER_BYTES + BLOCK_TYPE_BYTES;

/**
 * Reads a checkpoint, frame by frame: while one is checked and taken in, the next ones are on their way. Of texts it
 * reads no more than where they stand.
 *
 * @param engine Is given its content, and how many bytes each part takes.
 * @returns `undefined` where there is none.
 * @throws KeelsonError STORE_CORRUPT when anything in it but the texts is damaged, or the file is cut off.
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
  const vectors: Promise<void>[] = [];
  return await orRelease(
    () => readOpen(file, path, engine, vectors),
    async () => {
      await Promise.allSettled(vectors);
      await file.close();
    },
  );
}

/** A frame on its way, and the beginning of the frame behind it. */
interface Arriving {
  readonly payload: Promise<Buffer>;
  readonly ahead: Promise<Buffer>;
}

/** @param vectors Is given what is still reading vectors, which may go on when this fails. */
async function readOpen(
  file: OpenFile,
  path: string,
  engine: CheckpointTarget,
  vectors: Promise<void>[],
): Promise<Checkpoint> {
  const length = await file.size();
  const head = asBuffer(await file.read(CHECKPOINT_HEADER_BYTES + AHEAD_BYTES, 0));
  const checkpoint = decodeCheckpointHeader(head, path);
  const seed = checksum(checkpoint.storeId);
  const texts = createFollowingTexts(file, path);
  const takeMemory = createMemoryPieces(length);
  // How many more records the collection has room for, of those it was said to have.
  let announced = 0;

  /** @param previous The frame before, or what the chain of frames begins with. */
  const placeFrame = (
    ahead: Buffer,
    start: number,
    previous: Pick<FrameHeader, "sequence" | "checksum">,
  ): PlacedFrame => {
    if (start === length) throw corrupt(path, length, length, "the checkpoint is cut off");
    const header = decodeFrameHeader(ahead, 0, seed);
    const follows =
      header?.sequence === previous.sequence + 1 && header.previousChecksum === previous.checksum;
    if (header === undefined || !follows) {
      const end = Math.min(start + FRAME_HEADER_BYTES, length);
      throw corrupt(path, start, end, "a frame's header does not match its checksum");
    }
    const end = start + FRAME_HEADER_BYTES + header.payloadLength;
    if (end > length) throw corrupt(path, start, length, "the checkpoint is cut off");
    return { file: path, start, end, header };
  };
  // The beginning of the frame behind comes along: its length is known before this one is taken in.
  const readFrame = ({ start, header: { payloadLength } }: PlacedFrame): Arriving => {
    const most = payloadLength + AHEAD_BYTES;
    const bytes = file.read(most, start + FRAME_HEADER_BYTES, takeMemory(most)).then(asBuffer);
    return {
      payload: told(bytes.then((all) => all.subarray(0, payloadLength))),
      ahead: told(bytes.then((all) => all.subarray(payloadLength))),
    };
  };
  // Straight to where they stay: copying them would cost more than all else of opening but their checksum.
  const readVectors = async (frame: PlacedFrame, type: Buffer, memories: Uint8Array[]): Promise<void> => {
    let at = frame.start + AHEAD_BYTES;
    const reads = memories.map((memory) => {
      const reading = readInto(file, memory, at);
      at += memory.length;
      return reading;
    });
    await Promise.all(reads);
    assertWhole(frame, type, ...memories);
    for (const memory of memories) settleFloats(memory);
  };
  /**
   * Has the vectors behind rows read and checked while the frames behind them are, and takes the rows in meanwhile.
   *
   * @returns The frame behind their texts, and its beginning.
   */
  const passRows = async (
    rows: RowsPart,
    rowsFrame: PlacedFrame,
    vectorsFrame: PlacedFrame,
    type: Buffer,
  ): Promise<[PlacedFrame, Buffer]> => {
    announced -= rows.ids.length;
    // It grew while it was written. More room may move what is there, and what is still on its way would miss it.
    if (announced < 0) await Promise.all(vectors);
    const memories = takeIn(rowsFrame, () => engine.room(rows.collection, rows.ids.length)).map(memoryOf);
    const expected = memories.reduce((sum, memory) => sum + memory.length, BLOCK_TYPE_BYTES);
    if (blockTypeOf(type) !== VECTORS || vectorsFrame.header.payloadLength !== expected)
      throw corrupt(
        path,
        vectorsFrame.start,
        vectorsFrame.end,
        "a frame does not hold the vectors of its rows",
      );
    const textsAhead = file.read(AHEAD_BYTES, vectorsFrame.end).then(asBuffer);
    vectors.push(told(readVectors(vectorsFrame, type, memories)));
    const textsFrame = placeFrame(await textsAhead, vectorsFrame.end, vectorsFrame.header);
    const ahead = told(file.read(AHEAD_BYTES, textsFrame.end).then(asBuffer));
    const loaded = { ...rows, texts: texts.column(textsFrame, rows.ids.length) };
    takeIn(rowsFrame, () => engine.loadInPlace(loaded, textsFrame.end - rowsFrame.start));
    return [placeFrame(await ahead, textsFrame.end, textsFrame.header), await ahead];
  };

  let ahead = head.subarray(CHECKPOINT_HEADER_BYTES);
  const beginning = { sequence: 0, checksum: checkpointHeaderChecksum(head) };
  let frame = placeFrame(ahead, CHECKPOINT_HEADER_BYTES, beginning);
  let arriving = readFrame(frame);
  while (true) {
    // Rows say where the vectors behind them go, once they are known to be undamaged.
    const isRows = blockTypeOf(ahead.subarray(FRAME_HEADER_BYTES)) === ROWS;
    ahead = await arriving.ahead;
    const next = frame.end === length ? undefined : placeFrame(ahead, frame.end, frame.header);
    const following = next === undefined || isRows ? undefined : readFrame(next);
    const payload = await arriving.payload;
    assertWhole(frame, payload);
    if (next === undefined) {
      const { through } = decodeCheckpointEnd(payload) ?? {};
      if (through === undefined) throw corrupt(path, length, length, "the checkpoint is cut off");
      await Promise.all(vectors);
      return { ...checkpoint, through, bytes: length, texts };
    }
    const part = takeIn(frame, () => decodeBlockPart(payload));
    if (part.type === "rows") {
      [frame, ahead] = await passRows(part, frame, next, ahead.subarray(FRAME_HEADER_BYTES));
      arriving = readFrame(frame);
    } else {
      const { start, end } = frame;
      if (part.type === "vectors" || part.type === "texts")
        throw corrupt(path, start, end, "a frame does not follow the rows that it belongs to");
      if (part.type === "collection") announced = part.size;
      takeIn(frame, () => engine.load(part, end - start));
      frame = next;
      arriving = following ?? readFrame(frame);
    }
  }
}

/** Whoever waits for it is told where it fails. */
function told<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

import type { Block } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import { decodeFrameHeader, FRAME_HEADER_BYTES, type FrameHeader } from "../log/frame.ts";
import { corrupt } from "../store-error.ts";
import { hasCode } from "../system-error.ts";
import { BLOCK_TYPE_BYTES, blockTypeOf, createBlockDecoder, VECTORS } from "./block-codec.ts";
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

const AHEAD_BYTES = FRAME_HEADER_BYTES + BLOCK_TYPE_BYTES;

/**
 * Reads a checkpoint, frame by frame: while one is checked and taken in, the next one is on its way.
 *
 * @param load Is given its content, and how many bytes each part takes.
 * @returns `undefined` where there is none.
 * @throws KeelsonError STORE_CORRUPT when anything in it is damaged.
 */
export async function readCheckpoint(
  fileSystem: FileSystem,
  path: string,
  load: (block: Block, bytes: number) => void,
): Promise<Checkpoint | undefined> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, "read");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return await readOpen(file, path, load);
  } finally {
    await file.close();
  }
}

async function readOpen(
  file: OpenFile,
  path: string,
  load: (block: Block, bytes: number) => void,
): Promise<Checkpoint> {
  const length = await file.size();
  const head = asBuffer(await file.read(CHECKPOINT_HEADER_BYTES + AHEAD_BYTES, 0));
  const checkpoint = decodeCheckpointHeader(head, path);
  const seed = checksum(checkpoint.storeId);
  const decoder = createBlockDecoder();
  const takeScratch = createScratch();
  let blockBytes = 0;

  const headerOf = (
    bytes: Buffer,
    at: number,
    start: number,
    sequence: number,
    previous: number,
  ): FrameHeader => {
    const header = decodeFrameHeader(bytes, at, seed);
    const end = Math.min(start + FRAME_HEADER_BYTES, length);
    if (header === undefined || header.sequence !== sequence || header.previousChecksum !== previous)
      throw corrupt(path, start, end, "a frame's header does not match its checksum");
    if (start + FRAME_HEADER_BYTES + header.payloadLength > length)
      throw corrupt(path, start, length, "the checkpoint is cut off");
    return header;
  };
  // The beginning of the frame behind comes along: its length is known before this one is taken in.
  const read = (
    bytes: Buffer,
    at: number,
    start: number,
    { payloadLength }: FrameHeader,
  ): Promise<Uint8Array> => {
    const isVectors = blockTypeOf(bytes.subarray(at + FRAME_HEADER_BYTES)) === VECTORS;
    const length = payloadLength + AHEAD_BYTES;
    const reading = file.read(
      length,
      start + FRAME_HEADER_BYTES,
      isVectors ? takeScratch(length) : undefined,
    );
    // Whoever waits for it is told.
    reading.catch(() => {});
    return reading;
  };
  const take = (payload: Uint8Array, start: number, end: number): void => {
    try {
      blockBytes += end - start;
      const block = decoder.decode(payload);
      if (block === undefined) return;
      load(block, blockBytes);
      blockBytes = 0;
    } catch {
      // The error of a parser quotes what it could not parse.
      throw corrupt(path, start, end, "a whole frame cannot be taken in");
    }
  };

  let start = CHECKPOINT_HEADER_BYTES;
  let header = headerOf(head, start, start, 1, checkpointHeaderChecksum(head));
  let reading = read(head, start, start, header);
  while (true) {
    const bytes = asBuffer(await reading);
    const end = start + FRAME_HEADER_BYTES + header.payloadLength;
    const payload = bytes.subarray(0, header.payloadLength);
    const next =
      end === length ? undefined : headerOf(bytes, payload.length, end, header.sequence + 1, header.checksum);
    if (next !== undefined) reading = read(bytes, payload.length, end, next);
    if (checksum(payload) !== header.payloadChecksum)
      throw corrupt(path, start, end, "a frame does not match its checksum");
    if (next === undefined) {
      const { through } = decodeCheckpointEnd(payload) ?? {};
      if (through !== undefined) return { ...checkpoint, through, bytes: length };
      throw corrupt(path, length, length, "the checkpoint is cut off");
    }
    take(payload, start, end);
    start = end;
    header = next;
  }
}

/** Memory for what is copied when it is taken in: while one is, the other is read into. */
function createScratch(): (length: number) => Uint8Array {
  const memories: Uint8Array[] = [];
  let turn = 0;
  return (length) => {
    turn = 1 - turn;
    const memory = memories[turn];
    const enough = memory !== undefined && memory.length >= length ? memory : Buffer.allocUnsafeSlow(length);
    memories[turn] = enough;
    return enough.subarray(0, length);
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

import { checksum } from "../codec/checksum.ts";
import type { OpenFile } from "../file-system.ts";
import { decodeFrameHeader, FRAME_HEADER_BYTES, type FrameHeader, findLaterFrame } from "../log/frame.ts";

/** A frame that is whole, or bytes that are none. Byte offsets, end exclusive. */
export type ScannedFrame =
  | { readonly start: number; readonly end: number; readonly header: FrameHeader; readonly payload: Buffer }
  | { readonly start: number; readonly end: number; readonly header: undefined; readonly reason: string };

const WINDOW = 8 * 1024 * 1024;

/**
 * Reads frames one by one, and goes on behind what is damaged.
 *
 * @param end Where to stop.
 * @param room From where on there are only zeros up to `end`, with a frame or without one.
 * @param seed What the store's id is as a checksum.
 */
export async function* scanFrames(
  file: OpenFile,
  start: number,
  end: number,
  room: number,
  seed: number,
): AsyncGenerator<ScannedFrame> {
  let sequence = 0;
  for (let at = start; at < room; ) {
    const header = decodeFrameHeader(await read(file, at, at + FRAME_HEADER_BYTES), 0, seed);
    const frameEnd = at + FRAME_HEADER_BYTES + (header?.payloadLength ?? 0);
    if (header === undefined || header.sequence <= sequence || frameEnd > end) {
      const next = await findNext(file, at + 1, room, sequence, seed);
      yield {
        start: at,
        end: next,
        header: undefined,
        reason: "a frame's header does not match its checksum",
      };
      at = next;
      continue;
    }
    const payload = await read(file, at + FRAME_HEADER_BYTES, frameEnd);
    if (checksum(payload) === header.payloadChecksum) {
      yield { start: at, end: frameEnd, header, payload };
    } else {
      const reason = "a frame does not match its checksum";
      yield { start: at, end: Math.min(frameEnd, room), header: undefined, reason };
    }
    ({ sequence } = header);
    at = frameEnd;
  }
}

/** Where the next header of a later frame begins; `end` where there is none. */
async function findNext(
  file: OpenFile,
  start: number,
  end: number,
  sequence: number,
  seed: number,
): Promise<number> {
  // Windows overlap, so that none cuts a header in two.
  for (let at = start; at < end; at += WINDOW - FRAME_HEADER_BYTES) {
    const found = findLaterFrame(await read(file, at, Math.min(end, at + WINDOW)), 0, sequence, seed);
    if (found !== -1) return at + found;
  }
  return end;
}

async function read(file: OpenFile, start: number, end: number): Promise<Buffer> {
  const bytes = await file.read(end - start, start);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

import { checksum } from "../codec/checksum.ts";
import type { FrameHeader } from "../log/frame.ts";
import { corrupt } from "../store-error.ts";

/** A frame whose header is whole and follows the one before. */
export interface PlacedFrame {
  readonly file: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly header: FrameHeader;
}

/** @throws KeelsonError STORE_CORRUPT when the pieces do not come to the frame's payload. */
export function assertWhole(
  { file, start, end, header }: PlacedFrame,
  ...payload: readonly Uint8Array[]
): void {
  if (payload.reduce((sum, piece) => checksum(piece, sum), 0) === header.payloadChecksum) return;
  throw corrupt(file, start, end, "a frame does not match its checksum");
}

/**
 * Takes in what a frame holds.
 *
 * @throws KeelsonError STORE_CORRUPT when that throws: the error of a parser quotes what it could not parse.
 */
export function takeIn<T>({ file, start, end }: PlacedFrame, work: () => T): T {
  try {
    return work();
  } catch {
    throw corrupt(file, start, end, "a whole frame cannot be taken in");
  }
}

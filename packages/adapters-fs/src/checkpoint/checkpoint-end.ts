import { createByteReader } from "../codec/byte-reader.ts";
import { createByteWriter } from "../codec/byte-writer.ts";
import type { LogPosition } from "../log/log-position.ts";
import { END } from "./block-codec.ts";

/** What the last frame of a checkpoint says. */
export interface CheckpointEnd {
  /** How far the log has to be there: what the checkpoint holds may come from up to here. */
  readonly through: LogPosition;
  /** The seal: the SHA-256 of all bytes before this frame. */
  readonly digest: Uint8Array;
}

const DIGEST_BYTES = 32;
const PAYLOAD_BYTES = 4 + 4 + 8 + 8 + 4 + DIGEST_BYTES;

export function encodeCheckpointEnd({ through, digest }: CheckpointEnd): Uint8Array {
  const writer = createByteWriter(PAYLOAD_BYTES);
  writer.uint32(END);
  writer.uint32(through.segment);
  writer.number(through.end);
  writer.number(through.sequence);
  writer.uint32(through.checksum);
  writer.raw(digest);
  return writer.bytes();
}

/** @returns `undefined` where the payload is another one. */
export function decodeCheckpointEnd(payload: Uint8Array): CheckpointEnd | undefined {
  if (payload.length !== PAYLOAD_BYTES) return undefined;
  const reader = createByteReader(payload);
  if (reader.uint32() !== END) return undefined;
  const segment = reader.uint32();
  const end = reader.number();
  const sequence = reader.number();
  const checksum = reader.uint32();
  return { through: { segment, end, sequence, checksum }, digest: reader.raw(DIGEST_BYTES) };
}

import type { Block, Op } from "@keelson/storage-engine";
import { createBlockDecoder } from "../checkpoint/block-codec.ts";
import { type CheckpointEnd, decodeCheckpointEnd } from "../checkpoint/checkpoint-end.ts";
import { checksum } from "../codec/checksum.ts";
import { decodeOps } from "../codec/op-codec.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { isBefore, type LogPosition, laterPosition } from "../log/log-position.ts";
import { scanFrames } from "./scan-frames.ts";
import type { FrameFile, Link, StoreDamage, StoreFiles } from "./store-files.ts";

/** What a whole frame of a store holds. */
export type FrameContent =
  | { readonly kind: "ops"; readonly ops: readonly Op[] }
  /** `undefined` for the first two of three frames that make a block together. */
  | { readonly kind: "block"; readonly block: Block | undefined }
  | { readonly kind: "end"; readonly end: CheckpointEnd };

/** What {@link walkStore} meets. */
export type Met =
  | {
      readonly file: string;
      readonly start: number;
      readonly end: number;
      readonly sequence: number;
      readonly bytes: number;
      readonly content: FrameContent;
    }
  | { readonly damage: StoreDamage }
  /** A write that a crash tore, and of which nothing was acknowledged. */
  | { readonly tornTail: StoreDamage };

/** How far a walk has come. */
interface Walk {
  /** What the next frame has to follow; `undefined` behind what is damaged. */
  last: Link | undefined;
  /** How far the log was acknowledged, by what was met until now; `undefined` where nothing tells it. */
  acknowledged: LogPosition | undefined;
}

/**
 * Reads all frames of a store in the order in which they were written, goes on behind what is damaged, and tells what is
 * missing: a segment, the end of one, what stood between two frames.
 */
export async function* walkStore(fileSystem: FileSystem, found: StoreFiles): AsyncGenerator<Met> {
  const { layout, storeId, files, firstSegment } = found;
  if (storeId === undefined) return;
  const walk: Walk = { last: undefined, acknowledged: found.acknowledged };
  let next = firstSegment;
  for (const file of files) {
    const { segment } = file;
    if (segment !== undefined) {
      if (next !== undefined && next < segment) {
        yield missing(layout, next, segment);
        walk.last = undefined;
      }
      next = segment + 1;
    }
    yield* walkFile(fileSystem, file, checksum(storeId), file === files.at(-1), walk);
    // The log goes on from a checkpoint by the header of its first segment.
    if (segment === undefined) walk.last = undefined;
  }
  const { acknowledged } = walk;
  if (next !== undefined && acknowledged !== undefined && next <= acknowledged.segment)
    yield missing(layout, next, acknowledged.segment + 1);
}

/** @param end The first segment behind those that are missing. */
function missing(layout: Layout, first: number, end: number): Met {
  const what =
    end === first + 1 ? "the segment is missing" : `the segments ${first} to ${end - 1} are missing`;
  const reason = first === 1 ? `${what}, and there is no checkpoint in its place` : what;
  return { damage: { file: layout.segment(first), start: 0, end: 0, reason } };
}

async function* walkFile(
  fileSystem: FileSystem,
  { path, segment, start, end, room, sealedEnd, head, previous, unsynced }: FrameFile,
  seed: number,
  isNewest: boolean,
  walk: Walk,
): AsyncGenerator<Met> {
  if (previous !== undefined && walk.last !== undefined && !isSame(previous, walk.last))
    yield {
      damage: { file: path, start: 0, end: start, reason: "it does not follow the segment before it" },
    };
  walk.last = head;
  const handle = await fileSystem.open(path, "read");
  try {
    let decoder = createBlockDecoder();
    let ended = segment !== undefined;
    let reached = start;
    for await (const frame of scanFrames(handle, start, end, room, seed)) {
      const place = { file: path, start: frame.start, end: frame.end };
      reached = frame.end;
      if (frame.header === undefined) {
        walk.last = undefined;
        decoder = createBlockDecoder();
        const damage = { ...place, reason: frame.reason };
        const promised =
          walk.acknowledged === undefined ||
          isBefore({ segment: segment ?? 0, end: frame.start }, walk.acknowledged);
        if (!isNewest || promised || (frame.end < room && !unsynced)) {
          yield { damage };
          continue;
        }
        yield { tornTail: { ...damage, end: room } };
        break;
      }
      const { header, payload } = frame;
      const { sequence, previousChecksum } = header;
      if (
        walk.last !== undefined &&
        !isSame({ sequence: sequence - 1, checksum: previousChecksum }, walk.last)
      )
        yield { damage: { ...place, end: place.start, reason: "a frame does not follow the one before it" } };
      walk.last = header;
      let content: FrameContent;
      try {
        content = segment === undefined ? decodeBlock(payload) : { kind: "ops", ops: decodeAll(payload) };
      } catch {
        decoder = createBlockDecoder();
        yield { damage: { ...place, reason: "a whole frame makes no sense where it stands" } };
        continue;
      }
      if (content.kind === "end") {
        ended = true;
        const { through } = content.end;
        walk.acknowledged = walk.acknowledged && laterPosition(walk.acknowledged, through);
      }
      yield { ...place, sequence, bytes: frame.end - frame.start, content };
    }
    if (!ended) yield { damage: { file: path, start: end, end, reason: "the checkpoint is cut off" } };
    const promisedEnd = walk.acknowledged?.segment === segment ? (walk.acknowledged?.end ?? 0) : 0;
    const wholeEnd = Math.max(isNewest ? 0 : sealedEnd, promisedEnd);
    if (reached < wholeEnd) {
      walk.last = undefined;
      yield { damage: { file: path, start: reached, end: wholeEnd, reason: "the segment is cut off" } };
    }

    function decodeBlock(payload: Buffer): FrameContent {
      const last = decodeCheckpointEnd(payload);
      return last === undefined
        ? { kind: "block", block: decoder.decode(payload) }
        : { kind: "end", end: last };
    }
  } finally {
    await handle.close();
  }
}

function isSame(one: Link, other: Link): boolean {
  return one.sequence === other.sequence && one.checksum === other.checksum;
}

function decodeAll(payload: Buffer): Op[] {
  return [...decodeOps(payload)].map(({ op }) => op);
}

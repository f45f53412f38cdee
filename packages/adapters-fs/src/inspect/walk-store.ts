import type { Block, Op } from "@keelson/storage-engine";
import { createBlockDecoder } from "../checkpoint/block-codec.ts";
import { type CheckpointEnd, decodeCheckpointEnd } from "../checkpoint/checkpoint-end.ts";
import { checksum } from "../codec/checksum.ts";
import { decodeOps } from "../codec/op-codec.ts";
import type { FileSystem } from "../file-system.ts";
import { scanFrames } from "./scan-frames.ts";
import type { FrameFile, StoreDamage, StoreFiles } from "./store-files.ts";

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

/** Reads all frames of a store in the order in which they were written, and goes on behind what is damaged. */
export async function* walkStore(fileSystem: FileSystem, found: StoreFiles): AsyncGenerator<Met> {
  const { storeId, files } = found;
  if (storeId === undefined) return;
  for (const file of files) yield* walkFile(fileSystem, file, checksum(storeId), found);
}

async function* walkFile(
  fileSystem: FileSystem,
  { path, kind, start, end, room }: FrameFile,
  seed: number,
  { files, acknowledged }: StoreFiles,
): AsyncGenerator<Met> {
  const isNewest = files.at(-1)?.path === path;
  const handle = await fileSystem.open(path, "read");
  try {
    let decoder = createBlockDecoder();
    let ended = kind === "segment";
    for await (const frame of scanFrames(handle, start, end, room, seed)) {
      const place = { file: path, start: frame.start, end: frame.end };
      if (frame.header === undefined) {
        decoder = createBlockDecoder();
        const torn =
          isNewest && frame.end === room && acknowledged !== undefined && frame.start >= acknowledged.end;
        const damage = { ...place, reason: frame.reason };
        yield torn ? { tornTail: damage } : { damage };
        continue;
      }
      const { header, payload } = frame;
      let content: FrameContent;
      try {
        content = kind === "segment" ? { kind: "ops", ops: decodeAll(payload) } : decodeBlock(payload);
      } catch {
        decoder = createBlockDecoder();
        yield { damage: { ...place, reason: "a whole frame makes no sense where it stands" } };
        continue;
      }
      ended ||= content.kind === "end";
      yield { ...place, sequence: header.sequence, bytes: frame.end - frame.start, content };
    }
    if (!ended) yield { damage: { file: path, start: end, end, reason: "the checkpoint is cut off" } };

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

function decodeAll(payload: Buffer): Op[] {
  return [...decodeOps(payload)].map(({ op }) => op);
}

import { createHash } from "node:crypto";
import type { Block } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import { removeIfThere, writeAll } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { createFrameEncoder } from "../log/frame.ts";
import type { LogPosition } from "../log/log-position.ts";
import { encodeBlock } from "./block-codec.ts";
import { encodeCheckpointEnd } from "./checkpoint-end.ts";
import {
  type CheckpointHeader,
  checkpointHeaderChecksum,
  encodeCheckpointHeader,
} from "./checkpoint-header.ts";

/** What {@link writeCheckpoint} takes. */
export interface WriteCheckpointOptions extends CheckpointHeader {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  /** The content. Each part is asked for when the one before it is written. */
  readonly blocks: Iterable<Block>;
  /** Is asked when all blocks are written; gives a position of the log that all of their content lies before. */
  readonly through: () => Promise<LogPosition>;
  /** Is asked again and again; throws to give up. */
  readonly goOn: () => Promise<void>;
}

// More at once would keep the fsyncs of the log waiting.
const BYTES_PER_SYNC = 16 * 1024 * 1024;

/**
 * Writes a checkpoint beside the one there is, syncs it, and swaps the two. When it rejects, the old one is in its
 * place, or the new one, whole.
 *
 * @returns Its length in bytes.
 */
export async function writeCheckpoint(options: WriteCheckpointOptions): Promise<number> {
  const { fileSystem, layout, storeId, blocks, goOn } = options;
  const frames = createFrameEncoder(checksum(storeId));
  const temporary = layout.newTemporary();
  try {
    const file = await fileSystem.open(temporary, "create");
    let end = 0;
    try {
      const hash = createHash("sha256");
      const header = encodeCheckpointHeader(options);
      let previous = checkpointHeaderChecksum(header);
      let sequence = 0;
      let unsynced = 0;
      const write = async (bytes: Uint8Array): Promise<void> => {
        hash.update(bytes);
        await writeAll(file, bytes, end);
        end += bytes.length;
        unsynced += bytes.length;
        if (unsynced < BYTES_PER_SYNC) return;
        await file.sync();
        unsynced = 0;
      };
      const writeFrame = async (payload: Uint8Array): Promise<void> => {
        const frame = frames.encode([payload], ++sequence, previous);
        previous = frame.checksum;
        await write(frame.bytes);
      };

      await write(header);
      for (const block of blocks) {
        await goOn();
        for (const payload of encodeBlock(block)) await writeFrame(payload);
      }
      const through = await options.through();
      await writeFrame(encodeCheckpointEnd({ through, digest: hash.copy().digest() }));
      await file.sync();
    } finally {
      await file.close();
    }
    await goOn();
    // Who takes the store over empties the folder of temporary files first: a former owner has nothing left to swap in.
    await fileSystem.rename(temporary, layout.checkpoint);
    await fileSystem.syncDirectory(layout.root);
    return end;
  } catch (error) {
    await removeIfThere(fileSystem, temporary).catch(() => {});
    throw error;
  }
}

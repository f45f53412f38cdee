import type { Column } from "@keelson/storage-engine";
import type { OpenFile } from "../file-system.ts";
import { FRAME_HEADER_BYTES } from "../log/frame.ts";
import { failed } from "../store-error.ts";
import { decodeTexts } from "./block-codec.ts";
import { createMemoryPieces } from "./memory-pieces.ts";
import { assertWhole, type PlacedFrame, takeIn } from "./placed-frame.ts";

/**
 * The texts of a checkpoint, which are read when the store is open already: they are a third of its bytes and more, and
 * none is needed for opening.
 */
export interface FollowingTexts {
  /**
   * The texts of so many records, which stand in a frame. Where they have not come when one is asked for, the frame is
   * read while the process waits.
   *
   * What it gives throws KeelsonError STORE_CORRUPT when the frame is damaged, STORE_FAILED when it cannot be read.
   */
  column(frame: PlacedFrame, count: number): Column<string>;
  /**
   * Reads all that have not come into memory, frame by frame, and closes the file. To ask again gives the same promise.
   *
   * @throws KeelsonError as a column does: the first error, once all other texts are there.
   */
  follow(): Promise<void>;
  /** Ends reading, whatever has come, and closes the file. */
  close(): Promise<void>;
}

/** The texts in one frame. */
interface TextFrame {
  readonly frame: PlacedFrame;
  readonly count: number;
  /** What has come: the texts, or what was met in their place; `undefined` for nothing yet. */
  come: Column<string> | Error | undefined;
}

/** @param file Is closed by it. */
export function createFollowingTexts(file: OpenFile, path: string): FollowingTexts {
  let frames: TextFrame[] = [];
  let following: Promise<void> | undefined;
  let closing = false;

  const decode = ({ frame, count }: TextFrame, payload: Uint8Array): Column<string> => {
    assertWhole(frame, payload);
    return takeIn(frame, () => decodeTexts(payload, count));
  };
  const readNow = (texts: TextFrame): Column<string> => {
    const [start, length] = payloadOf(texts.frame);
    try {
      return decode(texts, file.readSync(length, start));
    } catch (cause) {
      throw failed(`read ${path}`, cause);
    }
  };
  const read = async (texts: TextFrame, memory: Uint8Array): Promise<void> => {
    const [start, length] = payloadOf(texts.frame);
    try {
      const payload = await file.read(length, start, memory);
      // Unless somebody could not wait for them.
      texts.come ??= decode(texts, payload);
    } catch (cause) {
      texts.come ??= failed(`read ${path}`, cause);
    }
  };
  const readAll = async (): Promise<void> => {
    const bytes = frames.reduce((sum, { frame }) => sum + frame.header.payloadLength, 0);
    const takeMemory = createMemoryPieces(bytes);
    try {
      for (const texts of frames) {
        if (closing) return;
        if (texts.come === undefined) await read(texts, takeMemory(texts.frame.header.payloadLength));
      }
    } finally {
      await file.close();
    }
    const [failure] = frames.flatMap(({ come }) => (come instanceof Error ? come : []));
    // Each column has its own: one that no row needs any more is let go.
    frames = [];
    if (failure !== undefined) throw failure;
  };

  return {
    column: (frame, count) => {
      const texts: TextFrame = { frame, count, come: undefined };
      frames.push(texts);
      return {
        at: (place) => {
          texts.come ??= readNow(texts);
          if (texts.come instanceof Error) throw texts.come;
          return texts.come.at(place);
        },
      };
    },
    follow: () => {
      following ??= readAll();
      return following;
    },
    close: async () => {
      closing = true;
      if (following === undefined) {
        following = file.close();
        await following;
      }
      // Whoever had them follow was told.
      await following.catch(() => {});
    },
  };
}

function payloadOf({ start, header }: PlacedFrame): [start: number, length: number] {
  return [start + FRAME_HEADER_BYTES, header.payloadLength];
}

import type { StateEntry } from "@keelson/core";
import type { BlockEntry } from "./block.ts";
import { evaluate } from "./lazy.ts";
import { createOrderedMap, type PageRange } from "./ordered-map.ts";

/** The state: entries by key, each decoded when it is first read. */
export interface Entries {
  /** How many bytes they take on the medium. */
  readonly bytes: number;
  get(key: string): StateEntry | undefined;
  /** @param bytes How many it takes on the medium. */
  set(entry: BlockEntry, bytes: number): void;
  /**
   * Adds an entry that stands behind all others.
   *
   * @throws Error when it does not.
   */
  append(entry: BlockEntry, bytes: number): void;
  delete(key: string): void;
  page(range: PageRange): StateEntry[];
  /** The entries behind `after`, by ascending key, until they take `most` bytes, as they lie there: nothing is decoded. */
  part(after: string | undefined, most: number): BlockEntry[];
}

interface Stored {
  entry: BlockEntry;
  readonly bytes: number;
}

export function createEntries(): Entries {
  const stored = createOrderedMap<Stored>();
  let bytes = 0;
  const remove = (key: string): void => {
    bytes -= stored.get(key)?.bytes ?? 0;
  };
  const read = (found: Stored): StateEntry => {
    const { key, value, revision } = found.entry;
    if (typeof value === "function") found.entry = Object.freeze({ key, value: evaluate(value), revision });
    return found.entry as StateEntry;
  };

  return {
    get bytes() {
      return bytes;
    },
    get: (key) => {
      const found = stored.get(key);
      return found === undefined ? undefined : read(found);
    },
    set: (entry, size) => {
      remove(entry.key);
      bytes += size;
      stored.set(entry.key, { entry: Object.freeze(entry), bytes: size });
    },
    append: (entry, size) => {
      bytes += size;
      stored.append(entry.key, { entry, bytes: size });
    },
    delete: (key) => {
      const found = stored.get(key);
      if (found === undefined) return;
      bytes -= found.bytes;
      stored.delete(key);
    },
    page: (range) => stored.page(range).map(read),
    part: (after, most) => stored.part(after, most, (each) => each.bytes).map(({ entry }) => entry),
  };
}

import type { Json, Revision, StateEntry } from "@keelson/core";
import type { BlockEntry } from "./block.ts";
import { evaluate, type Lazy } from "./lazy.ts";
import type { Marks } from "./order.ts";
import { createOrderedMap, type PageRange } from "./ordered-map.ts";

/** The state: entries by key, each decoded when it is first read. What is read is frozen. */
export interface Entries {
  /** How many bytes they take on the medium. */
  readonly bytes: number;
  get(key: string): StateEntry | undefined;
  /** When it was last written, without decoding it. */
  revisionOf(key: string): Revision | undefined;
  /** @param bytes How many it takes on the medium. */
  set(entry: BlockEntry, bytes: number): void;
  /**
   * Adds entries that stand behind all others, by ascending key.
   *
   * @param bytes How many they take on the medium together.
   * @throws Error when they do not.
   */
  append(entries: readonly BlockEntry[], bytes: number): void;
  delete(key: string): void;
  page(range: PageRange): StateEntry[];
  /** The entries behind `after`, by ascending key, until they take `most` bytes, as they lie there: nothing is decoded. */
  part(after: string | undefined, most: number): BlockEntry[];
}

interface Stored {
  readonly key: string;
  /** `undefined` once it is deleted. */
  value: Lazy<Json> | undefined;
  revision: Revision;
  bytes: number;
  /** What was asked for after it. */
  next: Stored | undefined;
}

const marks: Marks<Stored> = {
  mark: (stored) => {
    stored.value = undefined;
  },
  isMarked: ({ value }) => value === undefined,
};

export function createEntries(): Entries {
  const stored = createOrderedMap<Stored>({ marks });
  let bytes = 0;
  // Readers come in the order of the last time, as a rule, which is that of a source: then what comes next is known, and
  // need not be looked up all over the heap.
  let latest: Stored | undefined;
  const find = (key: string): Stored | undefined => {
    const next = latest?.next;
    const found = next !== undefined && next.key === key && !marks.isMarked(next) ? next : stored.get(key);
    if (found !== undefined) follow(found);
    return found;
  };
  const follow = (found: Stored): void => {
    if (latest !== undefined && latest.next !== found) latest.next = found;
    latest = found;
  };
  const read = (found: Stored): StateEntry => {
    const value = evaluate(found.value as Lazy<Json>);
    found.value = value;
    return Object.freeze({ key: found.key, value, revision: found.revision });
  };

  return {
    get bytes() {
      return bytes;
    },
    get: (key) => {
      const found = find(key);
      return found && read(found);
    },
    revisionOf: (key) => find(key)?.revision,
    set: ({ key, value, revision }, size) => {
      const found = find(key);
      bytes += size - (found?.bytes ?? 0);
      if (found === undefined) {
        const added: Stored = { key, value, revision, bytes: size, next: undefined };
        stored.set(key, added);
        follow(added);
      } else {
        found.value = value;
        found.revision = revision;
        found.bytes = size;
      }
    },
    append: (entries, size) => {
      bytes += size;
      const each = size / entries.length;
      stored.append(
        entries.map(({ key }) => key),
        (place) => {
          const { key, value, revision } = entries[place] as BlockEntry;
          return { key, value, revision, bytes: each, next: undefined };
        },
      );
    },
    delete: (key) => {
      const deleted = stored.delete(key);
      if (deleted === undefined) return;
      bytes -= deleted.bytes;
      // What is deleted leads nowhere: chains of it would never end.
      deleted.next = undefined;
      if (latest === deleted) latest = undefined;
    },
    page: (range) => stored.page(range).map(read),
    part: (after, most) =>
      stored
        .part(after, most, (each) => each.bytes)
        .map(({ key, value, revision }) => ({ key, value: value as Lazy<Json>, revision })),
  };
}

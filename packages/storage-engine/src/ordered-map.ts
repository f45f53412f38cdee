import btree from "sorted-btree";
import { bulkLoad } from "sorted-btree/extended/bulkLoad.js";

// The package is CommonJS: Node hands over its exports, bundlers and test runners the class itself.
const BTree: typeof btree.default = btree.default ?? (btree as unknown as typeof btree.default);
const MOST_PER_NODE = 32;

/** Which part of an ordered map to read. */
export interface PageRange {
  readonly prefix: string;
  /** Exclusive; `undefined` starts at the beginning. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A map of strings to values that is kept in the order of `<`. */
export interface OrderedMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  /**
   * Adds what stands behind everything else, ten times as fast as `set`: the order is made when it is first needed.
   *
   * @throws Error when the key does not.
   */
  append(key: string, value: V): void;
  /** All keys, ascending. */
  keys(): string[];
  /** All values, by ascending key. */
  values(): V[];
  /** The values of at most `limit` keys that start with `prefix` and stand behind `after`, by ascending key. */
  page(range: PageRange): V[];
  /** The values behind `after`, by ascending key, until what `bytesOf` says of them comes to `most`; at least one. */
  part(after: string | undefined, most: number, bytesOf: (value: V) => number): V[];
}

export function createOrderedMap<V>(): OrderedMap<V> {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  let made = new BTree<string, V>(undefined, compare, MOST_PER_NODE);
  let keys: string[] = [];
  let values: V[] = [];

  const tree = (): typeof made => {
    if (keys.length === 0) return made;
    if (made.size === 0) made = bulkLoad(keys, values, MOST_PER_NODE, compare);
    else for (const [i, key] of keys.entries()) made.set(key, values[i] as V);
    keys = [];
    values = [];
    return made;
  };

  return {
    get: (key) => tree().get(key),
    set: (key, value) => void tree().set(key, value),
    delete: (key) => void tree().delete(key),
    append: (key, value) => {
      const last = keys.at(-1) ?? made.maxKey();
      if (last !== undefined && key <= last) throw new Error("not in order");
      keys.push(key);
      values.push(value);
    },
    keys: () => tree().keysArray(),
    values: () => tree().valuesArray(),
    page: ({ prefix, after, limit }) => {
      const start = after !== undefined && after > prefix ? after : prefix;
      const page: V[] = [];
      for (const [key, value] of tree().entries(start)) {
        if (key === after) continue;
        if (!key.startsWith(prefix) || page.length === limit) break;
        page.push(value);
      }
      return page;
    },
    part: (after, most, bytesOf) => {
      const part: V[] = [];
      let bytes = 0;
      for (const [key, value] of tree().entries(after)) {
        if (key === after) continue;
        bytes += bytesOf(value);
        if (part.length > 0 && bytes > most) break;
        part.push(value);
      }
      return part;
    },
  };
}

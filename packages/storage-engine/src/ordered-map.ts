import btree from "sorted-btree";

// The package is CommonJS: Node hands over its exports, bundlers and test runners the class itself.
const BTree: typeof btree.default = btree.default ?? (btree as unknown as typeof btree.default);

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
  const tree = new BTree<string, V>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    get: (key) => tree.get(key),
    set: (key, value) => void tree.set(key, value),
    delete: (key) => void tree.delete(key),
    keys: () => tree.keysArray(),
    values: () => tree.valuesArray(),
    page: ({ prefix, after, limit }) => {
      const start = after !== undefined && after > prefix ? after : prefix;
      const page: V[] = [];
      for (const [key, value] of tree.entries(start)) {
        if (key === after) continue;
        if (!key.startsWith(prefix) || page.length === limit) break;
        page.push(value);
      }
      return page;
    },
    part: (after, most, bytesOf) => {
      const part: V[] = [];
      let bytes = 0;
      for (const [key, value] of tree.entries(after)) {
        if (key === after) continue;
        bytes += bytesOf(value);
        if (part.length > 0 && bytes > most) break;
        part.push(value);
      }
      return part;
    },
  };
}

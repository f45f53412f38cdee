import { createOrder, type OrderOptions } from "./order.ts";

/** Which part of an ordered map to read. */
export interface PageRange {
  readonly prefix: string;
  /** Exclusive; `undefined` starts at the beginning. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A map of strings to values: found by hash, read in the order of `<`. */
export interface OrderedMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  /** @returns What was there; marked, where values are. */
  delete(key: string): V | undefined;
  /**
   * Adds what stands behind everything else, in order, many times as fast as `set`: it is made and hashed when it is
   * first asked for.
   *
   * @param make Makes the value of the key at a place of the list, once it is needed.
   * @throws Error when it does not, or is not.
   */
  append(keys: readonly string[], make: (place: number) => V): void;
  /** All keys, ascending. */
  keys(): string[];
  /** All values, by ascending key. */
  values(): V[];
  /** The values of at most `limit` keys that start with `prefix` and stand behind `after`, by ascending key. */
  page(range: PageRange): V[];
  /** The values behind `after`, by ascending key, until what `bytesOf` says of them comes to `most`; at least one. */
  part(after: string | undefined, most: number, bytesOf: (value: V) => number): V[];
}

export function createOrderedMap<V>(options: OrderOptions<V> = {}): OrderedMap<V> {
  const order = createOrder<V>(options);
  // What was appended is hashed when it is first asked for: most of what a store opens with is not.
  const hashed = new Map<string, V>();
  let hasAppended = false;

  const get = (key: string): V | undefined => {
    const found = hashed.get(key);
    if (found !== undefined || !hasAppended) return found;
    const appended = order.get(key);
    if (appended !== undefined) hashed.set(key, appended);
    return appended;
  };

  return {
    get,
    set: (key, value) => {
      const { size } = hashed;
      hashed.set(key, value);
      if (hashed.size === size || (hasAppended && order.get(key) !== undefined)) order.replace(key, value);
      else order.add(key, value);
    },
    delete: (key) => {
      const found = get(key);
      if (found === undefined) return undefined;
      hashed.delete(key);
      order.delete(key, found);
      return found;
    },
    append: (keys, make) => {
      order.append(keys, make);
      hasAppended = true;
    },
    keys: () => {
      const keys: string[] = [];
      order.visit(undefined, (key) => keys.push(key) > 0);
      return keys;
    },
    values: () => {
      const values: V[] = [];
      order.visit(undefined, (_, value) => values.push(value) > 0);
      return values;
    },
    page: ({ prefix, after, limit }) => {
      const start = after !== undefined && after > prefix ? after : prefix;
      const page: V[] = [];
      order.visit(start, (key, value) => {
        if (key === after) return true;
        if (!key.startsWith(prefix)) return false;
        page.push(value);
        return page.length < limit;
      });
      return page;
    },
    part: (after, most, bytesOf) => {
      const part: V[] = [];
      let bytes = 0;
      order.visit(after, (key, value) => {
        if (key === after) return true;
        bytes += bytesOf(value);
        if (part.length > 0 && bytes > most) return false;
        part.push(value);
        return true;
      });
      return part;
    },
  };
}

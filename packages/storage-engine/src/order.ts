import btree from "sorted-btree";
import { bulkLoad } from "sorted-btree/extended/bulkLoad.js";

// The package is CommonJS: Node hands over its exports, bundlers and test runners the class itself.
const BTree: typeof btree.default = btree.default ?? (btree as unknown as typeof btree.default);
const MOST_PER_NODE = 32;
const MOST_GONE = 1 / 16;

/** Strings with what belongs to them, in the order of `<`. */
export interface Order<V> {
  /** Finds a place: slower than a lookup by hash, but it needs none. */
  get(key: string): V | undefined;
  /** Adds one that is not there, or puts another value in its place. */
  set(key: string, value: V): void;
  /**
   * Adds what stands behind everything else, ten times as fast as `set`: the order is made when it is first needed.
   *
   * @throws Error when the key does not.
   */
  append(key: string, value: V): void;
  /** Removes one that is there. */
  delete(key: string): void;
  /** All from `start` on, by ascending key, until the visitor has had enough and says `false`. */
  visit(start: string | undefined, visitor: (key: string, value: V) => boolean): void;
}

export function createOrder<V>(): Order<V> {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  let made = new BTree<string, V>(undefined, compare, MOST_PER_NODE);
  let keys: string[] = [];
  let values: V[] = [];
  // To find a place costs ten times what noting a key does. So what is deleted stays until a reader comes along, who
  // takes out all of a stretch at once, or until somebody adds; at the most a sixteenth is such.
  const gone = new Set<string>();
  let nextGone = gone.values();

  const tree = (): typeof made => {
    if (keys.length === 0) return made;
    if (made.size === 0) made = bulkLoad(keys, values, MOST_PER_NODE, compare);
    else for (const [i, key] of keys.entries()) made.set(key, values[i] as V);
    keys = [];
    values = [];
    return made;
  };
  const takeOutOne = (): void => {
    if (gone.size === 0) return;
    let next = nextGone.next();
    if (next.done === true) {
      // Goes on where it was otherwise, since a set's beginning is full of holes then.
      nextGone = gone.values();
      next = nextGone.next();
    }
    gone.delete(next.value as string);
    tree().delete(next.value as string);
  };

  return {
    get: (key) => (gone.has(key) ? undefined : (made.get(key) ?? values[placeIn(keys, key)])),
    set: (key, value) => {
      gone.delete(key);
      tree().set(key, value);
      takeOutOne();
      takeOutOne();
    },
    append: (key, value) => {
      const last = keys.at(-1) ?? made.maxKey();
      if (last !== undefined && key <= last) throw new Error("not in order");
      keys.push(key);
      values.push(value);
    },
    delete: (key) => {
      gone.add(key);
      if (gone.size > tree().size * MOST_GONE) takeOutOne();
    },
    visit: (start, visitor) => {
      const stretches: [first: string, last: string][] = [];
      let stretch: [first: string, last: string] | undefined;
      for (const [key, value] of tree().entries(start)) {
        if (gone.size === 0 || !gone.has(key)) {
          stretch = undefined;
          if (!visitor(key, value)) break;
        } else if (stretch === undefined) {
          stretch = [key, key];
          stretches.push(stretch);
        } else {
          stretch[1] = key;
        }
      }
      for (const [first, last] of stretches)
        tree().editRange(first, last, true, (key) => {
          gone.delete(key);
          return { delete: true };
        });
    },
  };
}

/** By halving; -1 where it is not. */
function placeIn(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return keys[low] === key ? low : -1;
}

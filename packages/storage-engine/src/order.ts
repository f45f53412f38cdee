// So few that to put a bucket in order takes a fraction of a millisecond.
const MOST_PER_BUCKET = 256;
const SAMPLES = 32;
const LEAST_TO_SPLIT = 3 / 4;
const MOST_MARKED = 1 / 4;

/**
 * How values are marked that were deleted. To find a place costs ten times what a mark does, so they stay in the order
 * until somebody comes across them; at the most a quarter is such.
 */
export interface Marks<V> {
  /** Marks a value that is deleted, and empties it. */
  mark(value: V): void;
  isMarked(value: V): boolean;
}

/** What {@link createOrder} takes. */
export interface OrderOptions<V> {
  /** Default: values are not marked, and taken out at once. */
  readonly marks?: Marks<V> | undefined;
  /** Default: 256. */
  readonly mostPerBucket?: number | undefined;
}

/** Strings with what belongs to them, in the order of `<`. */
export interface Order<V> {
  /** Finds a place: slower than a lookup by hash, but it needs none. */
  get(key: string): V | undefined;
  /** Adds one that is not there. */
  add(key: string, value: V): void;
  /** Puts another value in the place of one that is there. Slow. */
  replace(key: string, value: V): void;
  /**
   * Adds what stands behind everything else, in order.
   *
   * @param make Makes the value of the key at a place of the list, once it is needed.
   * @throws Error when it does not, or is not.
   */
  append(keys: readonly string[], make: (place: number) => V): void;
  /** Removes one that is there. */
  delete(key: string, value: V): void;
  /** All from `start` on, by ascending key, until the visitor has had enough and says `false`. */
  visit(start: string | undefined, visitor: (key: string, value: V) => boolean): void;
}

type Visitor<V> = (key: string, value: V) => boolean;

/** What stands between its first key and that of the next bucket. */
class Bucket<V> {
  /** No key of it is less, but for those of the first bucket, whatever its own. */
  readonly first: string;
  keys: string[];
  /** How many, from the beginning, are in order. */
  sorted: number;
  #values: V[] | undefined;
  #make: ((place: number) => V) | undefined;

  /** @param make Makes the values of the keys, when they are first asked for. */
  constructor(first: string, keys: string[] = [], make?: (place: number) => V) {
    this.first = first;
    this.keys = keys;
    this.sorted = keys.length;
    this.#values = make === undefined ? [] : undefined;
    this.#make = make;
  }

  get values(): V[] {
    if (this.#values === undefined) {
      const make = this.#make as (place: number) => V;
      this.#values = this.keys.map((_, place) => make(place));
      this.#make = undefined;
    }
    return this.#values;
  }

  set values(values: V[]) {
    this.#values = values;
  }
}

/**
 * Buckets in order, whose keys are put in order when somebody reads them: many never are. To find a bucket takes half
 * as many comparisons as to find a place, and with keys that are in cache.
 */
export function createOrder<V>({ marks, mostPerBucket = MOST_PER_BUCKET }: OrderOptions<V>): Order<V> {
  const buckets: Bucket<V>[] = [new Bucket("")];
  let size = 0;
  let marked = 0;
  let nextToClean = 0;
  const isMarked = (value: V): boolean => marks?.isMarked(value) === true;

  const at = (index: number): Bucket<V> => buckets[index] as Bucket<V>;
  const indexFor = (key: string): number => {
    let low = 1;
    let high = buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(middle).first <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  /** The place of a key, but for that of a marked value; -1 where there is none. */
  const placeOf = ({ keys, values, sorted }: Bucket<V>, key: string): number => {
    let place = lowerBound(keys, key, sorted);
    while (place < sorted && keys[place] === key && isMarked(values[place] as V)) place++;
    if (place < sorted && keys[place] === key) return place;
    place = keys.indexOf(key, sorted);
    while (place !== -1 && isMarked(values[place] as V)) place = keys.indexOf(key, place + 1);
    return place;
  };

  const push = (bucket: Bucket<V>, key: string, value: V): void => {
    const { keys, values, sorted } = bucket;
    if (sorted === keys.length && (sorted === 0 || (keys[sorted - 1] as string) < key)) bucket.sorted++;
    keys.push(key);
    values.push(value);
  };
  const split = (index: number): void => {
    const { first, keys, values } = at(index);
    const step = Math.max(1, Math.floor(keys.length / SAMPLES));
    const sample = keys.filter((_, place) => place % step === 0).sort();
    const middle = sample[sample.length >>> 1] as string;
    const low = new Bucket<V>(first);
    const high = new Bucket<V>(middle);
    for (let place = 0; place < keys.length; place++) {
      const key = keys[place] as string;
      push(key < middle ? low : high, key, values[place] as V);
    }
    buckets.splice(index, 1, low, high);
  };
  /** @returns Whether the bucket is there still: one that is empty is not kept. */
  const keepBucket = (index: number): boolean => {
    if (at(index).keys.length > 0 || buckets.length === 1) return true;
    buckets.splice(index, 1);
    return false;
  };
  const takeOut = (bucket: Bucket<V>, place: number, count: number): void => {
    const { keys, values } = bucket;
    keys.splice(place, count);
    values.splice(place, count);
    if (place < bucket.sorted) bucket.sorted -= count;
    size -= count;
  };
  /** Visits the keys of a bucket in order from a place on, and takes out those whose values are marked. */
  const visitFrom = (bucket: Bucket<V>, start: number, visitor: Visitor<V>): boolean => {
    const { keys, values } = bucket;
    let goesOn = true;
    let kept = start;
    let place = start;
    for (; goesOn && place < keys.length; place++) {
      const key = keys[place] as string;
      const value = values[place] as V;
      if (isMarked(value)) continue;
      if (kept < place) {
        keys[kept] = key;
        values[kept] = value;
      }
      kept++;
      goesOn = visitor(key, value);
    }
    if (kept < place) {
      marked -= place - kept;
      takeOut(bucket, kept, place - kept);
    }
    return goesOn;
  };
  const clean = (index: number): void => {
    const { first, keys, values } = at(index);
    const kept = new Bucket<V>(first);
    for (let place = 0; place < keys.length; place++) {
      const value = values[place] as V;
      if (!isMarked(value)) push(kept, keys[place] as string, value);
    }
    const out = keys.length - kept.keys.length;
    size -= out;
    marked -= out;
    buckets[index] = kept;
  };
  const cleanNext = (): void => {
    nextToClean %= buckets.length;
    clean(nextToClean);
    if (keepBucket(nextToClean)) nextToClean++;
  };

  return {
    get: (key) => {
      const bucket = at(indexFor(key));
      const place = placeOf(bucket, key);
      return place === -1 ? undefined : bucket.values[place];
    },
    add: (key, value) => {
      const index = indexFor(key);
      push(at(index), key, value);
      size++;
      if (at(index).keys.length <= mostPerBucket) return;
      // One key can be there again and again, but for once as what is marked: such a bucket could not be split.
      if (marked > 0) clean(index);
      if (at(index).keys.length > mostPerBucket * LEAST_TO_SPLIT) split(index);
    },
    replace: (key, value) => {
      const bucket = at(indexFor(key));
      bucket.values[placeOf(bucket, key)] = value;
    },
    append: (keys, make) => {
      let last = sort(at(buckets.length - 1)).keys.at(-1);
      for (const key of keys) {
        if (last !== undefined && key <= last) throw new Error("not in order");
        last = key;
      }
      for (let start = 0; start < keys.length; start += mostPerBucket) {
        const part = keys.slice(start, start + mostPerBucket);
        buckets.push(new Bucket(part[0] as string, part, (place) => make(start + place)));
      }
      size += keys.length;
    },
    delete: (key, value) => {
      if (marks === undefined) {
        const index = indexFor(key);
        takeOut(at(index), placeOf(at(index), key), 1);
        keepBucket(index);
        return;
      }
      marks.mark(value);
      marked++;
      if (marked > size * MOST_MARKED) cleanNext();
    },
    visit: (start, visitor) => {
      let index = start === undefined ? 0 : indexFor(start);
      let place = start === undefined ? 0 : lowerBound(sort(at(index)).keys, start);
      for (let goesOn = true; goesOn && index < buckets.length; place = 0) {
        goesOn = visitFrom(sort(at(index)), place, visitor);
        if (keepBucket(index)) index++;
      }
    },
  };
}

/** Puts all keys of a bucket in order. Most are already. */
function sort<V>(bucket: Bucket<V>): Bucket<V> {
  if (bucket.sorted === bucket.keys.length) return bucket;
  const { keys, values } = bucket;
  const places = keys.map((_, place) => place);
  places.sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
  bucket.keys = places.map((place) => keys[place] as string);
  bucket.values = places.map((place) => values[place] as V);
  bucket.sorted = keys.length;
  return bucket;
}

/** The first place, of as many as are in order, whose key is not less. */
function lowerBound(keys: readonly string[], key: string, end: number = keys.length): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The most consumers of a version that are told apart. */
export const MOST_CONSUMERS = 64;
/** All others. */
export const OTHERS = "others";
/** Stands for the version of what is not accepted. */
export const NO_VERSION = 0;
const MOST_ROWS = 1024;
// Before any use. Finite, so that nothing times it is nothing.
const NEVER = Number.MIN_SAFE_INTEGER;

/** What was counted of one version and consumer. */
export interface Counter {
  /** Not yet written. */
  count: number;
  lastUsedAtMs: number;
  /** When it was last written, or was to be. */
  writtenAtMs: number;
}

/** What one process has counted of one life of a name. */
export interface Tally {
  /** Counts one use of a version, and gives for how many milliseconds its counter has not been written. */
  count(version: number, consumer: string, atMs: number): number;
  /**
   * The same for the version at an index, in a time that does not depend on the index.
   *
   * @param versions The same array as long as these versions live.
   */
  countMatch(
    versions: readonly (number | undefined)[],
    match: number,
    consumer: string,
    atMs: number,
  ): number;
  /** Sets when a version's counter was last written. */
  setWritten(version: number, consumer: string, writtenAtMs: number): void;
  /** All counters, by version and consumer. */
  counters(): ReadonlyMap<number, ReadonlyMap<string, Counter>>;
}

export function createTally(): Tally {
  const counters = new Map<number, Map<string, Counter>>();
  // What the versions that live were used for since: for each of them a count, the last use, and when it was written.
  const rows = new Map<string, Float64Array>();
  let matched: readonly (number | undefined)[] = [];

  const settle = (): void => {
    for (const [consumer, row] of rows)
      for (const [match, version = NO_VERSION] of matched.entries()) {
        const [count = 0, lastUsedAtMs = 0] = row.subarray(3 * match);
        if (count === 0) continue;
        const counter = counterOf(counters, version, consumer);
        counter.count += count;
        counter.lastUsedAtMs = Math.max(counter.lastUsedAtMs, lastUsedAtMs);
      }
    rows.clear();
  };

  const rowOf = (versions: readonly (number | undefined)[], consumer: string): Float64Array => {
    if (versions !== matched || rows.size > MOST_ROWS) {
      settle();
      matched = versions;
    }
    let row = rows.get(consumer);
    if (row === undefined) {
      row = Float64Array.from(
        versions.flatMap((version = NO_VERSION) => [
          0,
          0,
          labelled(counters.get(version), consumer)?.writtenAtMs ?? NEVER,
        ]),
      );
      rows.set(consumer, row);
    }
    return row;
  };

  return {
    count(version, consumer, atMs) {
      const counter = counterOf(counters, version, consumer);
      counter.count += 1;
      counter.lastUsedAtMs = atMs;
      return atMs - counter.writtenAtMs;
    },
    countMatch(versions, match, consumer, atMs) {
      const row = rowOf(versions, consumer);
      let sinceMs = 0;
      // Every cell is read and written, whichever was matched, and nothing branches.
      for (let i = 0; i < versions.length; i++) {
        const hit = ((1 << match) >> i) & 1;
        const [count = 0, lastUsedAtMs = 0, writtenAtMs = 0] = [row[3 * i], row[3 * i + 1], row[3 * i + 2]];
        row[3 * i] = count + hit;
        row[3 * i + 1] = lastUsedAtMs + hit * (atMs - lastUsedAtMs);
        sinceMs += hit * (atMs - writtenAtMs);
      }
      return sinceMs;
    },
    setWritten(version, consumer, writtenAtMs) {
      settle();
      counterOf(counters, version, consumer).writtenAtMs = writtenAtMs;
    },
    counters() {
      settle();
      return counters;
    },
  };
}

/** The counter that a consumer has, if it has one. */
function labelled(
  consumers: ReadonlyMap<string, Counter> | undefined,
  consumer: string,
): Counter | undefined {
  return (
    consumers?.get(consumer) ?? ((consumers?.size ?? 0) < MOST_CONSUMERS ? undefined : consumers?.get(OTHERS))
  );
}

function counterOf(counters: Map<number, Map<string, Counter>>, version: number, consumer: string): Counter {
  let consumers = counters.get(version);
  if (consumers === undefined) {
    consumers = new Map();
    counters.set(version, consumers);
    // Versions above are live or long revoked; four are the most that can still be used.
    const known = [...counters.keys()].filter((each) => each !== NO_VERSION);
    for (const old of known.slice(0, -4)) counters.delete(old);
  }
  const label = consumers.has(consumer) || consumers.size < MOST_CONSUMERS ? consumer : OTHERS;
  let counter = consumers.get(label);
  if (counter === undefined) {
    counter = { count: 0, lastUsedAtMs: 0, writtenAtMs: NEVER };
    consumers.set(label, counter);
  }
  return counter;
}

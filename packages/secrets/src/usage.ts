import { isKeelsonError, type Json, type StateStore } from "@keelson/core";
import { abortable } from "./abortable.ts";
import { NO_VERSION } from "./live-versions.ts";
import { MOST_CONFLICTS } from "./records.ts";
import type { SecretWarning } from "./secret-store-options.ts";

const PREFIX = "secrets/usage/";
/** How much later than stored a version may last have been used, by any process. */
export const USAGE_LAG_MS = 60_000;
/** How soon after a failure it is tried again. */
const RETRY_MS = 1_000;
const MOST_CONSUMERS = 64;
const OTHERS = "others";
const KEPT_VERSIONS = 8;

/** How one consumer has used one version. */
export interface ConsumerUsage {
  /** As `verify` was told; `"unnamed"` where it was not. From the 65th on they count as `"others"`. */
  readonly consumer: string;
  /** How often it presented this version. What another process has counted shows up to a minute later. */
  readonly count: number;
  /** When last, in epoch milliseconds. Up to a minute before the truth where another process has seen it. */
  readonly lastUsedAtMs: number;
}

/** Counts who uses which version. */
export interface Usage {
  /**
   * Counts one use. Where it is the first in a minute it is written, which the promise waits for: so what is stored is
   * never more than a minute behind. One of {@link NO_VERSION} takes as long, and is neither stored nor told.
   */
  note(use: Use): Promise<void> | undefined;
  /** Writes what is counted, and gives all that is known of one life of a name. */
  read(name: string, life: string, signal: AbortSignal | undefined): Promise<UsageByVersion>;
}

/** One accepted value. */
interface Use {
  readonly name: string;
  readonly life: string;
  readonly version: number;
  readonly consumer: string;
  readonly atMs: number;
}

/** Consumers by version, each by name. */
export type UsageByVersion = ReadonlyMap<number, readonly ConsumerUsage[]>;

interface Counter {
  /** Not yet written. */
  count: number;
  lastUsedAtMs: number;
  writtenAtMs: number;
}

/** What one process has counted of one life of a name. */
interface Tally {
  readonly life: string;
  readonly versions: Map<number, Map<string, Counter>>;
  /** The write before the next: one at a time, so that nothing is counted twice. */
  turn: Promise<unknown>;
}

type StoredCounts = Record<
  string,
  readonly (readonly [consumer: string, count: number, lastUsedAtMs: number])[]
>;

interface StoredUsage {
  readonly format: 1;
  readonly life: string;
  readonly versions: StoredCounts;
}

export function createUsage(state: StateStore | undefined, warn: (warning: SecretWarning) => void): Usage {
  const tallies = new Map<string, Tally>();

  const tallyOf = (name: string, life: string): Tally => {
    const tally = tallies.get(name);
    if (tally?.life === life) return tally;
    const fresh: Tally = { life, versions: new Map(), turn: Promise.resolve() };
    tallies.set(name, fresh);
    return fresh;
  };

  const write = (name: string, tally: Tally, signal?: AbortSignal): Promise<StoredCounts> => {
    const turn = tally.turn.then(() => writeNow(name, tally, signal));
    tally.turn = turn.catch(() => {});
    return turn;
  };

  const writeNow = async (name: string, tally: Tally, signal?: AbortSignal): Promise<StoredCounts> => {
    const key = PREFIX + name;
    for (let conflicts = 1; ; conflicts++) {
      const [entry] = state === undefined ? [] : await abortable(signal, () => state.get([key], { signal }));
      const stored = entry?.value as unknown as StoredUsage | undefined;
      const before = stored?.life === tally.life ? stored.versions : {};
      const { versions, taken } = added(before, tally);
      if (state === undefined || taken.length === 0) return versions;
      const value = { format: 1, life: tally.life, versions } satisfies StoredUsage as unknown as Json;
      try {
        const expect = entry?.revision ?? "absent";
        await abortable(signal, () => state.commit([{ key, value, expect }], { signal }));
        for (const { counter, count } of taken) counter.count -= count;
        return versions;
      } catch (error) {
        if (!isKeelsonError(error, "STATE_CONFLICT") || conflicts === MOST_CONFLICTS) throw error;
      }
    }
  };

  return {
    note({ name, life, version, consumer, atMs }) {
      const tally = tallyOf(name, life);
      const counter = counterOf(tally, version, consumer);
      counter.count += 1;
      counter.lastUsedAtMs = atMs;
      const sinceMs = atMs - counter.writtenAtMs;
      if (sinceMs >= 0 && sinceMs < USAGE_LAG_MS) return undefined;
      counter.writtenAtMs = atMs;
      if (state === undefined || version === NO_VERSION) return undefined;
      return write(name, tally).then(
        () => {},
        (error: unknown) => {
          counter.writtenAtMs = atMs - USAGE_LAG_MS + RETRY_MS;
          warn({ type: "usage-not-written", name, error });
        },
      );
    },
    async read(name, life, signal) {
      const versions = await write(name, tallyOf(name, life), signal);
      return new Map(
        Object.entries(versions).map(([version, consumers]) => [
          Number(version),
          consumers.map(([consumer, count, lastUsedAtMs]) => ({ consumer, count, lastUsedAtMs })),
        ]),
      );
    },
  };
}

function counterOf({ versions }: Tally, version: number, consumer: string): Counter {
  let consumers = versions.get(version);
  if (consumers === undefined) {
    consumers = new Map();
    versions.set(version, consumers);
    // Versions above are live or long revoked; four are the most that can still be used.
    const known = [...versions.keys()].filter((each) => each !== NO_VERSION);
    for (const old of known.slice(0, -4)) versions.delete(old);
  }
  const label = consumers.has(consumer) || consumers.size < MOST_CONSUMERS ? consumer : OTHERS;
  let counter = consumers.get(label);
  if (counter === undefined) {
    counter = { count: 0, lastUsedAtMs: 0, writtenAtMs: Number.NEGATIVE_INFINITY };
    consumers.set(label, counter);
  }
  return counter;
}

/** Stored counts with those of a process, and what of each was taken. */
function added(
  before: StoredCounts,
  tally: Tally,
): { versions: StoredCounts; taken: { counter: Counter; count: number }[] } {
  const versions = new Map(
    Object.entries(before).map(([version, consumers]) => [Number(version), consumers]),
  );
  const taken: { counter: Counter; count: number }[] = [];
  for (const [version, counters] of tally.versions) {
    if (version === NO_VERSION) continue;
    const sums = new Map((versions.get(version) ?? []).map(([consumer, ...rest]) => [consumer, rest]));
    for (const [consumer, counter] of counters) {
      if (counter.count === 0) continue;
      const label = sums.has(consumer) || sums.size < MOST_CONSUMERS ? consumer : OTHERS;
      const [count, lastUsedAtMs] = sums.get(label) ?? [0, 0];
      sums.set(label, [count + counter.count, Math.max(lastUsedAtMs, counter.lastUsedAtMs)]);
      taken.push({ counter, count: counter.count });
    }
    const consumers = [...sums].map(([consumer, [count, at]]) => [consumer, count, at] as const);
    versions.set(
      version,
      consumers.sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  const newest = [...versions].sort(([a], [b]) => a - b).slice(-KEPT_VERSIONS);
  return { versions: Object.fromEntries(newest), taken };
}

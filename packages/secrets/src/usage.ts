import { isKeelsonError, type Json, type StateStore } from "@keelson/core";
import { abortable } from "./abortable.ts";
import { MOST_CONFLICTS } from "./records.ts";
import type { SecretWarning } from "./secret-store-options.ts";
import { type Counter, createTally, MOST_CONSUMERS, NO_VERSION, OTHERS, type Tally } from "./tally.ts";

const PREFIX = "secrets/usage/";
/** How much later than stored a version may last have been used, by any process. */
export const USAGE_LAG_MS = 60_000;
/** How soon after a failure it is tried again. */
const RETRY_MS = 1_000;
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
   * Counts one use of a version. Where it is the first in a minute it is written, which the promise waits for: so what
   * is stored is never more than a minute behind.
   */
  note(use: Use, version: number): Promise<void> | undefined;
  /**
   * As `note`, of the version at an index, in a time that does not depend on the index.
   *
   * @param versions The same array as long as these versions live. A use of none is neither stored nor told.
   */
  noteMatch(use: Use, versions: readonly (number | undefined)[], index: number): Promise<void> | undefined;
  /** Writes what is counted, and gives all that is known of one life of a name. */
  read(name: string, life: string, signal: AbortSignal | undefined): Promise<UsageByVersion>;
}

/** Who has used something of a secret, and when. */
interface Use {
  readonly name: string;
  readonly life: string;
  readonly consumer: string;
  readonly atMs: number;
}

/** Consumers by version, each by name. */
export type UsageByVersion = ReadonlyMap<number, readonly ConsumerUsage[]>;

/** One life of a name. */
interface Life {
  readonly name: string;
  readonly life: string;
  readonly tally: Tally;
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
  const lives = new Map<string, Life>();

  const lifeOf = (name: string, life: string): Life => {
    const known = lives.get(name);
    if (known?.life === life) return known;
    const fresh: Life = { name, life, tally: createTally(), turn: Promise.resolve() };
    lives.set(name, fresh);
    return fresh;
  };

  const write = (of: Life, signal?: AbortSignal): Promise<StoredCounts> => {
    const turn = of.turn.then(() => writeNow(of, signal));
    of.turn = turn.catch(() => {});
    return turn;
  };

  const writeNow = async ({ name, life, tally }: Life, signal?: AbortSignal): Promise<StoredCounts> => {
    const key = PREFIX + name;
    for (let conflicts = 1; ; conflicts++) {
      const [entry] = state === undefined ? [] : await abortable(signal, () => state.get([key], { signal }));
      const stored = entry?.value as unknown as StoredUsage | undefined;
      const before = stored?.life === life ? stored.versions : {};
      const { versions, taken } = added(before, tally);
      if (state === undefined || taken.length === 0) return versions;
      const value = { format: 1, life, versions } satisfies StoredUsage as unknown as Json;
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

  const written = (of: Life, { consumer, atMs }: Use, version: number): Promise<void> | undefined => {
    const { name, tally } = of;
    tally.setWritten(version, consumer, atMs);
    if (state === undefined || version === NO_VERSION) return undefined;
    return write(of).then(
      () => {},
      (error: unknown) => {
        tally.setWritten(version, consumer, atMs - USAGE_LAG_MS + RETRY_MS);
        warn({ type: "usage-not-written", name, error });
      },
    );
  };

  return {
    note(use, version) {
      const of = lifeOf(use.name, use.life);
      const sinceMs = of.tally.count(version, use.consumer, use.atMs);
      return isKnown(sinceMs) ? undefined : written(of, use, version);
    },
    noteMatch(use, versions, match) {
      const of = lifeOf(use.name, use.life);
      const sinceMs = of.tally.countMatch(versions, match, use.consumer, use.atMs);
      return isKnown(sinceMs) ? undefined : written(of, use, versions[match] ?? NO_VERSION);
    },
    async read(name, life, signal) {
      const versions = await write(lifeOf(name, life), signal);
      return new Map(
        Object.entries(versions).map(([version, consumers]) => [
          Number(version),
          consumers.map(([consumer, count, lastUsedAtMs]) => ({ consumer, count, lastUsedAtMs })),
        ]),
      );
    },
  };
}

/** Does what is stored of a use that was written so long ago still hold? Not where a clock was set back. */
function isKnown(sinceMs: number): boolean {
  return sinceMs >= 0 && sinceMs < USAGE_LAG_MS;
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
  for (const [version, counters] of tally.counters()) {
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

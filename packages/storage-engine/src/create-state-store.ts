import {
  argumentInvalid,
  assertKey,
  KeelsonError,
  orAbort,
  ownJson,
  type StateChange,
  type StateEntry,
  type StateStore,
} from "@keelson/core";
import { assertExpected, assertList, pageRange } from "./arguments.ts";
import type { EngineParts } from "./create-vector-store.ts";
import type { Engine } from "./engine.ts";
import { createLane } from "./lane.ts";
import type { EntryChange } from "./op.ts";
import { createWatchers } from "./watchers.ts";

export function createStateStore({ engine, journal, access }: EngineParts): StateStore {
  const lane = createLane(engine, journal);
  const watchers = createWatchers();

  return {
    get: async (keys, options) => {
      access.enter(options?.signal);
      const found = readEntries(engine, keys);
      await orAbort(lane.settled(), options?.signal);
      return found;
    },
    scan: async (options) => {
      access.enter(options?.signal);
      const found = engine.entries.page(pageRange(options));
      await orAbort(lane.settled(), options?.signal);
      return found;
    },
    commit: async (changes, options) => {
      access.enter(options?.signal);
      const owned = ownChanges(changes);
      const conflict = findConflict(engine, changes);
      if (conflict !== undefined || changes.length === 0) {
        const { revision } = engine;
        // What it met may not be durable yet, and a conflict is an answer like any other.
        await orAbort(lane.settled(), options?.signal);
        if (conflict !== undefined) throw conflict;
        return { revision };
      }
      const revision = engine.revision + 1;
      const written = lane.write({ type: "commit", revision, changes: owned });
      const noticed = written.then(() => watchers.notify(owned));
      await orAbort(noticed, options?.signal);
      return { revision };
    },
    watch: (prefix, listener) => {
      access.enter();
      if (typeof prefix !== "string") throw argumentInvalid("prefix", "is not a string");
      if (typeof listener !== "function") throw argumentInvalid("listener", "is not a function");
      return watchers.add(prefix, listener);
    },
  } satisfies StateStore;
}

function readEntries(engine: Engine, keys: readonly string[]): (StateEntry | undefined)[] {
  assertList(keys, "keys");
  for (const key of keys) assertKey(key, 4096);
  const found: (StateEntry | undefined)[] = [];
  for (const key of keys) found.push(engine.entries.get(key));
  return found;
}

function ownChanges(changes: readonly StateChange[]): EntryChange[] {
  assertList(changes, "changes");
  const seen = new Set<string>();
  const owned: EntryChange[] = [];
  for (const change of changes) {
    if (typeof change !== "object" || change === null)
      throw argumentInvalid("changes", "holds what is no change");
    const { key, expect } = change;
    assertKey(key, 4096);
    const { size } = seen;
    if (seen.add(key).size === size)
      throw new KeelsonError("ID_DUPLICATE", `two changes of the key ${key}`, { details: { id: key } });
    if (expect !== undefined) assertExpected(expect);
    if ("delete" in change && change.delete !== undefined) {
      if (change.delete !== true) throw argumentInvalid("delete", "is not true");
      if ("value" in change && change.value !== undefined)
        throw argumentInvalid("changes", "holds a change that both sets and deletes");
      owned.push({ key, value: undefined });
    } else if ("value" in change) {
      owned.push({ key, value: ownJson(change.value) });
    } else if (expect === undefined) {
      throw argumentInvalid("changes", "holds a change without value, delete or expect");
    }
  }
  return owned;
}

function findConflict(
  engine: Engine,
  changes: readonly StateChange[],
): KeelsonError<"STATE_CONFLICT"> | undefined {
  for (const { key, expect } of changes) {
    if (expect === undefined) continue;
    const actual = engine.entries.revisionOf(key) ?? "absent";
    if (expect === actual) continue;
    return new KeelsonError("STATE_CONFLICT", `the key ${key} is at ${actual}, expected ${expect}`, {
      details: { key, expect, actual },
    });
  }
  return undefined;
}

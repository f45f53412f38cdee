import {
  assertJson,
  assertKey,
  type ExpectedRevision,
  KeelsonError,
  type StateEntry,
  type StateStore,
} from "@keelson/core";
import type { Guard } from "./guard.ts";
import { invalidArgument } from "./validate.ts";

/** What outlives a handle. */
export interface StateMedium {
  readonly entries: Map<string, StateEntry>;
  newest: number;
}

export const createStateMedium = (): StateMedium => ({ entries: new Map(), newest: 0 });

/** A state store as it should be, in as few lines as that takes. */
export function createReferenceState(medium: StateMedium, guard: Guard): StateStore {
  const listeners = new Map<object, (keys: readonly string[]) => void>();
  const { entries } = medium;
  return {
    async get(keys, options) {
      await guard.check(options);
      return keys.map((key) => structuredClone(entries.get(key)));
    },
    async scan({ prefix = "", after, limit = 1000, signal } = {}) {
      if (!Number.isSafeInteger(limit) || limit < 1) throw invalidArgument("limit");
      await guard.check({ signal });
      const keys = [...entries.keys()].filter(
        (key) => key.startsWith(prefix) && (after === undefined || key > after),
      );
      return keys
        .sort()
        .slice(0, limit)
        .map((key) => structuredClone(entries.get(key) as StateEntry));
    },
    async commit(changes, options) {
      const keys = new Set<string>();
      for (const change of changes) {
        assertKey(change.key, 4096);
        if ("value" in change) assertJson(change.value);
        if (keys.has(change.key))
          throw new KeelsonError("ID_DUPLICATE", "a key stands twice", { details: { id: change.key } });
        keys.add(change.key);
      }
      const copy = structuredClone(changes);
      await guard.check(options);
      for (const { key, expect } of copy) {
        const actual: ExpectedRevision = entries.get(key)?.revision ?? "absent";
        if (expect !== undefined && expect !== actual)
          throw new KeelsonError("STATE_CONFLICT", "the key has changed", {
            details: { key, expect, actual },
          });
      }
      if (copy.length === 0) return { revision: medium.newest };
      const revision = ++medium.newest;
      for (const change of copy) {
        if ("value" in change) entries.set(change.key, { key: change.key, value: change.value, revision });
        else if ("delete" in change) entries.delete(change.key);
      }
      const written = copy.filter((change) => "value" in change || "delete" in change).map(({ key }) => key);
      for (const notify of [...listeners.values()]) queueMicrotask(() => notify(written));
      return { revision };
    },
    watch(prefix, listener) {
      guard.assertOpen();
      const id = {};
      listeners.set(id, (keys) => {
        const below = keys.filter((key) => key.startsWith(prefix));
        if (below.length === 0 || !listeners.has(id)) return;
        try {
          listener(below);
        } catch {
          // A listener's failure is its own.
        }
      });
      return () => void listeners.delete(id);
    },
  };
}

import { type Json, KeelsonError, type StateChange, type StateEntry, type StateStore } from "@keelson/core";
import type { Fault } from "./fault.ts";
import { stateFault } from "./state-fault.ts";

const putsOf = (
  changes: readonly StateChange[],
  to: (key: string, value: Json) => StateChange,
): StateChange[] =>
  changes.map((change) => ("value" in change ? { ...change, ...to(change.key, change.value) } : change));

const withoutExpect = (changes: readonly StateChange[]): StateChange[] =>
  changes.flatMap((change): StateChange[] => {
    if ("value" in change) return [{ key: change.key, value: change.value }];
    return "delete" in change ? [{ key: change.key, delete: true }] : [];
  });

/** State stores that are wrong about writing. */
export const stateCommitFaults: readonly Fault<StateStore>[] = [
  stateFault("forgets-deletions", "answers a deletion without making it", (state) => ({
    commit: (changes, options) =>
      state.commit(
        changes.filter((change) => !("delete" in change)),
        options,
      ),
  })),
  stateFault(
    "deletion-keeps-the-revision",
    "gives a commit that only deletes no revision of its own",
    (state) => ({
      commit: async (changes, options) => {
        const { revision } = await state.commit(changes, options);
        return {
          revision:
            changes.length > 0 && changes.every((change) => "delete" in change) ? revision - 1 : revision,
        };
      },
    }),
  ),
  stateFault("commits-500-changes", "drops what is beyond 500 changes in silence", (state) => ({
    commit: (changes, options) => state.commit(changes.slice(0, 500), options),
  })),
  stateFault("empty-commit-counts", "gives an empty commit a new revision", (state) => {
    let extra = 0;
    return {
      commit: async (changes, options) => {
        const { revision } = await state.commit(changes, options);
        return changes.length === 0 ? { revision: revision + ++extra } : { revision };
      },
    };
  }),
  stateFault("deleting-nothing-rejects", "rejects when a key to be deleted is not there", (state) => ({
    commit: async (changes, options) => {
      const deleted = changes.filter((change) => "delete" in change).map(({ key }) => key);
      if ((await state.get(deleted)).includes(undefined)) throw new Error("no such key");
      return state.commit(changes, options);
    },
  })),
  stateFault("last-change-wins", "takes two changes of one key and makes the last", (state) => ({
    commit: (changes, options) => {
      const last = new Map(changes.map((change) => [change.key, change]));
      return state.commit([...last.values()], options);
    },
  })),
  stateFault("skips-malformed-keys", "drops changes of malformed keys in silence", (state) => ({
    commit: (changes, options) => {
      const wellFormed = changes.filter(({ key }) => key !== "" && key.length <= 4096 && key.isWellFormed());
      return state.commit(wellFormed, options);
    },
  })),
  stateFault(
    "stores-what-json-makes-of-it",
    "stores what JSON makes of a value that is not JSON",
    (state) => ({
      commit: async (changes, options) =>
        state.commit(
          putsOf(changes, (key, value) => ({ key, value: JSON.parse(JSON.stringify(value) ?? "null") })),
          options,
        ),
    }),
  ),
  stateFault("ignores-expectations", "commits whatever is expected", (state) => ({
    commit: (changes, options) => state.commit(withoutExpect(changes), options),
  })),
  stateFault("checks-only-what-it-writes", "does not look at keys that are only to be checked", (state) => ({
    commit: (changes, options) =>
      state.commit(
        changes.filter((change) => "value" in change || "delete" in change),
        options,
      ),
  })),
  stateFault(
    "compares-with-the-newest",
    "compares expectations with the newest commit, not with the key's own",
    (state) => {
      let newest = 0;
      return {
        commit: async (changes, options) => {
          for (const { key, expect } of changes) {
            if (typeof expect === "number" && expect < newest)
              throw new KeelsonError("STATE_CONFLICT", "changed", {
                details: { key, expect, actual: newest },
              });
          }
          const answer = await state.commit(changes, options);
          newest = answer.revision;
          return answer;
        },
      };
    },
  ),
  stateFault("half-applies", "writes the changes before the first that conflicts", (state) => ({
    commit: async (changes, options) => {
      try {
        return await state.commit(changes, options);
      } catch (error) {
        const { details } = error as { details?: { key?: string } };
        const at = changes.findIndex(({ key }) => key === details?.key);
        if (at > 0) await state.commit(changes.slice(0, at));
        throw error;
      }
    },
  })),
  stateFault("names-the-last-conflict", "names the last key that is not as expected", (state) => ({
    commit: (changes, options) => state.commit([...changes].reverse(), options),
  })),
  stateFault("conflict-without-facts", "rejects a conflict with an error that has no code", (state) => ({
    commit: async (changes, options) => {
      try {
        return await state.commit(changes, options);
      } catch (error) {
        if ((error as { code?: unknown }).code === "STATE_CONFLICT") throw new Error("precondition failed");
        throw error;
      }
    },
  })),
  stateFault(
    "revisions-return",
    "counts revisions for each key, from 1 again after it was deleted",
    (state) => {
      const counts = new Map<string, number>();
      const real = new Map<string, number>();
      return {
        commit: async (changes, options) => {
          const mapped = changes.map((change) => {
            if (typeof change.expect !== "number" || counts.get(change.key) !== change.expect) return change;
            return { ...change, expect: real.get(change.key) ?? change.expect };
          });
          const { revision } = await state.commit(mapped, options);
          for (const change of changes) {
            if ("delete" in change) counts.delete(change.key);
            if (!("value" in change)) continue;
            counts.set(change.key, (counts.get(change.key) ?? 0) + 1);
            real.set(change.key, revision);
          }
          const [first] = changes;
          return { revision: (first && counts.get(first.key)) ?? revision };
        },
      };
    },
  ),
  stateFault("checks-touch", "gives a key that is only checked a new revision", (state) => ({
    commit: async (changes, options) => {
      const touched: StateChange[] = [];
      for (const change of changes) {
        const [entry] = "value" in change || "delete" in change ? [] : await state.get([change.key]);
        touched.push(entry ? { ...change, value: entry.value } : change);
      }
      return state.commit(touched, options);
    },
  })),
  stateFault("reads-then-writes", "looks at expectations some turns before it writes", (state) => ({
    commit: async (changes, options) => {
      const entries = await state.get(
        changes.map(({ key }) => key),
        options,
      );
      for (const [i, { key, expect }] of changes.entries()) {
        const actual = entries[i]?.revision ?? "absent";
        if (expect !== undefined && expect !== actual)
          throw new KeelsonError("STATE_CONFLICT", "changed", { details: { key, expect, actual } });
      }
      for (let turn = 0; turn < 3; turn++) await undefined;
      return state.commit(withoutExpect(changes), options);
    },
  })),
  stateFault("reads-run-ahead", "shows a reader commits that are not made yet, and may not be", (state) => {
    const ahead = new Map<string, Json>();
    return {
      commit: async (changes, options) => {
        for (const change of changes) if ("value" in change) ahead.set(change.key, change.value);
        try {
          return await state.commit(changes, options);
        } finally {
          for (const { key } of changes) ahead.delete(key);
        }
      },
      get: async (keys, options) =>
        (await state.get(keys, options)).map((entry) => {
          const value = entry && ahead.get(entry.key);
          return entry && value !== undefined ? { ...entry, value } : entry;
        }),
    };
  }),
  stateFault("folds-unicode", "takes keys of equal normal form for one", (state) => ({
    commit: (changes, options) =>
      state.commit(
        changes.map((change) => ({ ...change, key: change.key.normalize() })),
        options,
      ),
    get: (keys, options) =>
      state.get(
        keys.map((key) => key.normalize()),
        options,
      ),
  })),
  stateFault("cuts-long-keys", "cuts keys off behind 1,024 code units", (state) => ({
    commit: (changes, options) =>
      state.commit(
        changes.map((change) => ({ ...change, key: change.key.slice(0, 1024) })),
        options,
      ),
    get: (keys, options) =>
      state.get(
        keys.map((key) => key.slice(0, 1024)),
        options,
      ),
  })),
  stateFault("trims-strings", "trims strings in values", (state) => ({
    commit: async (changes, options) =>
      state.commit(
        putsOf(changes, (key, value) => ({ key, value: typeof value === "string" ? value.trim() : value })),
        options,
      ),
  })),
  stateFault("drops-nulls", "drops null from objects and lists", (state) => ({
    commit: async (changes, options) =>
      state.commit(
        putsOf(changes, (key, value) => ({ key, value: withoutNulls(value) })),
        options,
      ),
  })),
  stateFault("keeps-what-it-is-given", "keeps the very values that were passed in", (state) => {
    const kept = new Map<string, Json>();
    const given = (entry: StateEntry): StateEntry => ({
      ...entry,
      value: kept.get(entry.key) ?? entry.value,
    });
    return {
      commit: async (changes, options) => {
        const answer = await state.commit(changes, options);
        for (const change of changes) if ("value" in change) kept.set(change.key, change.value);
        return answer;
      },
      get: async (keys, options) =>
        structuredClone((await state.get(keys, options)).map((entry) => entry && given(entry))),
      scan: async (options) => structuredClone((await state.scan(options)).map(given)),
    };
  }),
  stateFault("changes-its-input", "sorts the changes it was given", (state) => ({
    commit: async (changes, options) => {
      (changes as StateChange[]).sort((a, b) => (a.key < b.key ? -1 : 1));
      return state.commit(changes, options);
    },
  })),
  stateFault("tears-an-aborted-commit", "writes half of a commit that is aborted in flight", (state) => ({
    commit: async (changes, options) => {
      const signal = options?.signal;
      if (signal === undefined || changes.length < 2) return state.commit(changes, options);
      signal.throwIfAborted();
      await state.commit(changes.slice(0, 1));
      signal.throwIfAborted();
      return state.commit(changes.slice(1));
    },
  })),
];

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.filter((part) => part !== null).map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutNulls(part)]));
}

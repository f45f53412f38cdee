import { type Json, KeelsonError, type StateChange, type StateEntry, type StateStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { patch } from "../tools/patch.ts";
import { writerAbortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";
import { stateWatchFaults } from "./state-watch-faults.ts";

const fault = (
  id: string,
  title: string,
  replace: (state: StateStore) => Partial<StateStore>,
): Fault<StateStore> =>
  createFault<StateStore>(`state-store/${id}`, title, { wrap: (state) => patch(state, replace(state)) });

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

const readFaults: readonly Fault<StateStore>[] = [
  fault("get-sorts", "answers get in the order of the keys, not in the order asked", (state) => ({
    get: (keys, options) => state.get([...keys].sort(), options),
  })),
  fault("get-leaves-out", "leaves keys that are not there out of the answer of get", (state) => ({
    get: async (keys, options) => (await state.get(keys, options)).filter((entry) => entry !== undefined),
  })),
  fault("get-of-nothing-is-all", "takes an empty list of keys for all of them", (state) => ({
    get: async (keys, options) =>
      keys.length === 0 ? await state.scan(options) : await state.get(keys, options),
  })),
  fault("get-answers-once", "answers a key that is asked for twice only once", (state) => ({
    get: (keys, options) => state.get([...new Set(keys)], options),
  })),
  fault("get-reads-500", "reads 500 keys at the most", (state) => ({
    get: async (keys, options) => {
      const entries = await state.get(keys.slice(0, 500), options);
      return [...entries, ...keys.slice(500).map(() => undefined)];
    },
  })),
  fault(
    "get-reads-one-by-one",
    "reads keys one after the other, so that it can see half of a commit",
    (state) => ({
      get: async (keys, options) => {
        const entries: (StateEntry | undefined)[] = [];
        for (const key of keys) {
          entries.push(...(await state.get([key], options)));
          await nextTurn();
        }
        return entries;
      },
    }),
  ),
  fault("get-lags", "answers get from a cache that lags behind the commits", (state) => {
    let newest = 0;
    const cache = new Map<string, StateEntry>();
    return {
      commit: async (changes, options) => {
        const answer = await state.commit(changes, options);
        newest = answer.revision;
        return answer;
      },
      get: async (keys, options) => {
        const entries = await state.get(keys, options);
        return entries.map((entry) => {
          const cached = entry && cache.get(entry.key);
          if (entry) cache.set(entry.key, entry);
          return entry && cached && newest - entry.revision < 2 ? cached : entry;
        });
      },
    };
  }),
  fault(
    "scan-reads-one-by-one",
    "reads a page entry by entry, so that it can show half of a commit",
    (state) => ({
      scan: async (options = {}) => {
        const page: StateEntry[] = [];
        for (const { key } of await state.scan(options)) {
          await nextTurn();
          page.push(...(await state.get([key])).filter((entry) => entry !== undefined));
        }
        return page;
      },
    }),
  ),
  fault("scan-orders-by-code-points", "orders keys as UTF-8 does", (state) => ({
    scan: async (options = {}) => {
      const page = await state.scan({ ...options, limit: 5000 });
      page.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      return page.slice(0, options.limit ?? 1000);
    },
  })),
  fault("scan-prefix-is-a-pattern", "takes % and _ in a prefix for wildcards", (state) => ({
    scan: async ({ prefix = "", limit = 1000, ...options } = {}) => {
      const literal = prefix.split(/[%_]/)[0] ?? "";
      return (await state.scan({ ...options, prefix: literal, limit: 5000 })).slice(0, limit);
    },
  })),
  fault("scan-ignores-the-prefix", "lists all keys whatever the prefix", (state) => ({
    scan: ({ prefix: _, ...options } = {}) => state.scan(options),
  })),
  fault("scan-limit-off-by-one", "returns one entry too many", (state) => ({
    scan: (options = {}) => state.scan({ ...options, limit: (options.limit ?? 1000) + 1 }),
  })),
  fault("scan-after-is-inclusive", "starts a page at `after`, not behind it", (state) => ({
    scan: async (options = {}) => {
      const { after, limit = 1000 } = options;
      const page = await state.scan(options);
      const [first] = after === undefined ? [] : await state.get([after]);
      return first && page.length > 0 ? [first, ...page].slice(0, limit) : page;
    },
  })),
  fault("scan-after-must-exist", "starts from the beginning when the key of `after` is gone", (state) => ({
    scan: async (options = {}) => {
      const [first] = options.after === undefined ? [] : await state.get([options.after]);
      return state.scan(first ? options : { ...options, after: undefined });
    },
  })),
  fault("scan-of-nothing-rejects", "rejects where there is nothing to list", (state) => ({
    scan: async (options) => {
      const page = await state.scan(options);
      if (page.length === 0) throw new Error("nothing is there");
      return page;
    },
  })),
  fault("scan-takes-any-limit", "takes a limit of nothing, less or a part", (state) => ({
    scan: async (options = {}) => {
      const { limit = 1000 } = options;
      return Number.isSafeInteger(limit) && limit >= 1 ? await state.scan(options) : [];
    },
  })),
  fault("get-shares", "returns the very objects that it keeps", (state) => {
    const shared = new Map<string, StateEntry>();
    const share = (entry: StateEntry): StateEntry => {
      const kept = shared.get(entry.key);
      if (kept?.revision === entry.revision) return kept;
      shared.set(entry.key, entry);
      return entry;
    };
    return {
      get: async (keys, options) => (await state.get(keys, options)).map((entry) => entry && share(entry)),
      scan: async (options) => (await state.scan(options)).map(share),
    };
  }),
];

const commitFaults: readonly Fault<StateStore>[] = [
  fault("forgets-deletions", "answers a deletion without making it", (state) => ({
    commit: (changes, options) =>
      state.commit(
        changes.filter((change) => !("delete" in change)),
        options,
      ),
  })),
  fault(
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
  fault("commits-500-changes", "drops what is beyond 500 changes in silence", (state) => ({
    commit: (changes, options) => state.commit(changes.slice(0, 500), options),
  })),
  fault("empty-commit-counts", "gives an empty commit a new revision", (state) => {
    let extra = 0;
    return {
      commit: async (changes, options) => {
        const { revision } = await state.commit(changes, options);
        return changes.length === 0 ? { revision: revision + ++extra } : { revision };
      },
    };
  }),
  fault("deleting-nothing-rejects", "rejects when a key to be deleted is not there", (state) => ({
    commit: async (changes, options) => {
      const deleted = changes.filter((change) => "delete" in change).map(({ key }) => key);
      if ((await state.get(deleted)).includes(undefined)) throw new Error("no such key");
      return state.commit(changes, options);
    },
  })),
  fault("last-change-wins", "takes two changes of one key and makes the last", (state) => ({
    commit: (changes, options) => {
      const last = new Map(changes.map((change) => [change.key, change]));
      return state.commit([...last.values()], options);
    },
  })),
  fault("skips-malformed-keys", "drops changes of malformed keys in silence", (state) => ({
    commit: (changes, options) => {
      const wellFormed = changes.filter(
        ({ key }) => key !== "" && key.length <= 4096 && !/\p{Surrogate}/u.test(key),
      );
      return state.commit(wellFormed, options);
    },
  })),
  fault("stores-what-json-makes-of-it", "stores what JSON makes of a value that is not JSON", (state) => ({
    commit: async (changes, options) =>
      state.commit(
        putsOf(changes, (key, value) => ({ key, value: JSON.parse(JSON.stringify(value) ?? "null") })),
        options,
      ),
  })),
  fault("ignores-expectations", "commits whatever is expected", (state) => ({
    commit: (changes, options) => state.commit(withoutExpect(changes), options),
  })),
  fault("checks-only-what-it-writes", "does not look at keys that are only to be checked", (state) => ({
    commit: (changes, options) =>
      state.commit(
        changes.filter((change) => "value" in change || "delete" in change),
        options,
      ),
  })),
  fault(
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
  fault("half-applies", "writes the changes before the first that conflicts", (state) => ({
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
  fault("names-the-last-conflict", "names the last key that is not as expected", (state) => ({
    commit: (changes, options) => state.commit([...changes].reverse(), options),
  })),
  fault("conflict-without-facts", "rejects a conflict with an error that has no code", (state) => ({
    commit: async (changes, options) => {
      try {
        return await state.commit(changes, options);
      } catch (error) {
        if ((error as { code?: unknown }).code === "STATE_CONFLICT") throw new Error("precondition failed");
        throw error;
      }
    },
  })),
  fault("revisions-return", "counts revisions for each key, from 1 again after it was deleted", (state) => {
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
  }),
  fault("checks-touch", "gives a key that is only checked a new revision", (state) => ({
    commit: async (changes, options) => {
      const touched: StateChange[] = [];
      for (const change of changes) {
        const [entry] = "value" in change || "delete" in change ? [] : await state.get([change.key]);
        touched.push(entry ? { ...change, value: entry.value } : change);
      }
      return state.commit(touched, options);
    },
  })),
  fault("reads-then-writes", "looks at expectations some turns before it writes", (state) => ({
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
  fault("reads-run-ahead", "shows a reader commits that are not made yet, and may not be", (state) => {
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
  fault("folds-unicode", "takes keys of equal normal form for one", (state) => ({
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
  fault("cuts-long-keys", "cuts keys off behind 1,024 code units", (state) => ({
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
  fault("trims-strings", "trims strings in values", (state) => ({
    commit: async (changes, options) =>
      state.commit(
        putsOf(changes, (key, value) => ({ key, value: typeof value === "string" ? value.trim() : value })),
        options,
      ),
  })),
  fault("drops-nulls", "drops null from objects and lists", (state) => ({
    commit: async (changes, options) =>
      state.commit(
        putsOf(changes, (key, value) => ({ key, value: withoutNulls(value) })),
        options,
      ),
  })),
  fault("keeps-what-it-is-given", "keeps the very values that were passed in", (state) => {
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
  fault("changes-its-input", "sorts the changes it was given", (state) => ({
    commit: async (changes, options) => {
      (changes as StateChange[]).sort((a, b) => (a.key < b.key ? -1 : 1));
      return state.commit(changes, options);
    },
  })),
  fault("tears-an-aborted-commit", "writes half of a commit that is aborted in flight", (state) => ({
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

const reopenFaults: readonly Fault<StateStore>[] = [
  createFault<StateStore>("state-store/loses-a-commit", "has lost the newest commit when it is reopened", {
    async reopened(state) {
      const entries = await state.scan({ limit: 5000 });
      const newest = Math.max(...entries.map(({ revision }) => revision));
      await state.commit(
        entries.filter(({ revision }) => revision === newest).map(({ key }) => ({ key, delete: true })),
      );
      return undefined;
    },
  }),
  createFault<StateStore>(
    "state-store/revisions-start-anew",
    "counts revisions from what it finds when it is reopened",
    {
      async reopened(state) {
        const entries = await state.scan({ limit: 5000 });
        const newest = Math.max(0, ...entries.map(({ revision }) => revision));
        const { revision } = await state.commit([]);
        const shift = revision - newest;
        return patch(state, {
          commit: async (changes, options) => ({
            revision: (await state.commit(changes, options)).revision - shift,
          }),
        });
      },
    },
  ),
];

/** State stores that are wrong. */
export const stateStoreFaults: readonly Fault<StateStore>[] = [
  ...readFaults,
  ...commitFaults,
  ...stateWatchFaults,
  ...reopenFaults,
  ...writerAbortFaults<StateStore>("state-store"),
];

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.filter((part) => part !== null).map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutNulls(part)]));
}

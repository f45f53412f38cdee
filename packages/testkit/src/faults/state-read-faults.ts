import type { StateEntry, StateStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import type { Fault } from "./fault.ts";
import { stateFault } from "./state-fault.ts";

/** State stores that are wrong about reading. */
export const stateReadFaults: readonly Fault<StateStore>[] = [
  stateFault("get-sorts", "answers get in the order of the keys, not in the order asked", (state) => ({
    get: (keys, options) => state.get([...keys].sort(), options),
  })),
  stateFault("get-leaves-out", "leaves keys that are not there out of the answer of get", (state) => ({
    get: async (keys, options) => (await state.get(keys, options)).filter((entry) => entry !== undefined),
  })),
  stateFault("get-of-nothing-is-all", "takes an empty list of keys for all of them", (state) => ({
    get: async (keys, options) =>
      keys.length === 0 ? await state.scan(options) : await state.get(keys, options),
  })),
  stateFault("get-answers-once", "answers a key that is asked for twice only once", (state) => ({
    get: (keys, options) => state.get([...new Set(keys)], options),
  })),
  stateFault("get-reads-500", "reads 500 keys at the most", (state) => ({
    get: async (keys, options) => {
      const entries = await state.get(keys.slice(0, 500), options);
      return [...entries, ...keys.slice(500).map(() => undefined)];
    },
  })),
  stateFault(
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
  stateFault("get-lags", "answers get from a cache that lags behind the commits", (state) => {
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
  stateFault(
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
  stateFault("scan-orders-by-code-points", "orders keys as UTF-8 does", (state) => ({
    scan: async (options = {}) => {
      const page = await state.scan({ ...options, limit: 5000 });
      page.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      return page.slice(0, options.limit ?? 1000);
    },
  })),
  stateFault("scan-prefix-is-a-pattern", "takes % and _ in a prefix for wildcards", (state) => ({
    scan: async ({ prefix = "", limit = 1000, ...options } = {}) => {
      const literal = prefix.split(/[%_]/)[0] ?? "";
      return (await state.scan({ ...options, prefix: literal, limit: 5000 })).slice(0, limit);
    },
  })),
  stateFault("scan-ignores-the-prefix", "lists all keys whatever the prefix", (state) => ({
    scan: ({ prefix: _, ...options } = {}) => state.scan(options),
  })),
  stateFault("scan-limit-off-by-one", "returns one entry too many", (state) => ({
    scan: (options = {}) => state.scan({ ...options, limit: (options.limit ?? 1000) + 1 }),
  })),
  stateFault("scan-after-is-inclusive", "starts a page at `after`, not behind it", (state) => ({
    scan: async (options = {}) => {
      const { after, limit = 1000 } = options;
      const page = await state.scan(options);
      const [first] = after === undefined ? [] : await state.get([after]);
      return first && page.length > 0 ? [first, ...page].slice(0, limit) : page;
    },
  })),
  stateFault(
    "scan-after-must-exist",
    "starts from the beginning when the key of `after` is gone",
    (state) => ({
      scan: async (options = {}) => {
        const [first] = options.after === undefined ? [] : await state.get([options.after]);
        return state.scan(first ? options : { ...options, after: undefined });
      },
    }),
  ),
  stateFault("scan-of-nothing-rejects", "rejects where there is nothing to list", (state) => ({
    scan: async (options) => {
      const page = await state.scan(options);
      if (page.length === 0) throw new Error("nothing is there");
      return page;
    },
  })),
  stateFault("scan-takes-any-limit", "takes a limit of nothing, less or a part", (state) => ({
    scan: async (options = {}) => {
      const { limit = 1000 } = options;
      return Number.isSafeInteger(limit) && limit >= 1 ? await state.scan(options) : [];
    },
  })),
  stateFault("get-shares", "returns the very objects that it keeps", (state) => {
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

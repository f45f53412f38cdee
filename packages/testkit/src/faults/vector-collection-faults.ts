import { KeelsonError, type VectorRecord, type VectorStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { patch } from "../tools/patch.ts";
import type { Fault } from "./fault.ts";
import { collectionFault, storeFault } from "./vector-fault.ts";

/** Vector stores that are wrong about collections. */
export const vectorCollectionFaults: readonly Fault<VectorStore>[] = [
  storeFault("declares-nonsense", "declares a recall of more than all", ({ capabilities }) => ({
    capabilities: { ...capabilities, recall: 100 },
  })),
  storeFault(
    "folds-collection-names",
    "takes names that differ in letter case for one collection",
    (store) => ({
      open: (name, options) => store.open(name.toLowerCase(), options),
      drop: (name, options) => store.drop(name.toLowerCase(), options),
    }),
  ),
  storeFault("opens-with-a-placeholder", "puts a placeholder into a new collection", (store) => ({
    open: async (name, options) => {
      const isNew = !(await store.list()).some((info) => info.name === name);
      const collection = await store.open(name, options);
      const vector = new Float32Array(options.dimension);
      if (isNew) await collection.upsert([{ id: "placeholder", vector }]);
      return collection;
    },
  })),
  storeFault("lists-only-what-is-filled", "does not list a collection before it holds a record", (store) => {
    const filled = new Set<string>();
    return {
      open: async (name, options) => {
        const collection = await store.open(name, options);
        return patch(collection, {
          upsert: (records, upsertOptions) => {
            filled.add(name);
            return collection.upsert(records, upsertOptions);
          },
        });
      },
      list: async (options) => (await store.list(options)).filter(({ name }) => filled.has(name)),
    };
  }),
  storeFault("opening-clears", "empties a collection when it is opened again", (store) => ({
    open: async (name, options) => {
      await store.drop(name);
      return store.open(name, options);
    },
  })),
  storeFault(
    "ignores-dimension-and-metric",
    "opens a collection that exists whatever dimension and metric are asked for",
    (store) => ({
      open: async (name, options) => {
        const existing = (await store.list()).find((info) => info.name === name);
        return store.open(name, {
          ...options,
          ...(existing && { dimension: existing.dimension, metric: existing.metric }),
        });
      },
    }),
  ),
  storeFault("takes-any-metric", "takes a metric that it does not know for one that it knows", (store) => ({
    open: (name, options) => {
      const [known = options.metric] = store.capabilities.metrics;
      return store.open(name, {
        ...options,
        metric: store.capabilities.metrics.includes(options.metric) ? options.metric : known,
      });
    },
  })),
  storeFault("opening-races", "creates a collection twice when it is opened twice at once", (store) => {
    let generation = 0;
    const settled = new Map<string, string>();
    return {
      open: async (name, options) => {
        const known = settled.get(name);
        if (known !== undefined) return store.open(known, options);
        await nextTurn();
        const created = generation++ === 0 ? name : `${name}#${generation}`;
        settled.set(name, created);
        return store.open(created, options);
      },
    };
  }),
  storeFault("lists-by-code-points", "lists collections in the order of their UTF-8", (store) => ({
    list: async (options) =>
      (await store.list(options)).sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
  })),
  storeFault("listing-nothing-rejects", "rejects where there is nothing to list", (store) => ({
    list: async (options) => {
      const infos = await store.list(options);
      if (infos.length === 0) throw new Error("nothing is there");
      return infos;
    },
  })),
  storeFault("listing-lags", "lists what there was one call ago", (store) => {
    let last: Awaited<ReturnType<VectorStore["list"]>> | undefined;
    return {
      list: async (options) => {
        const now = await store.list(options);
        const answer = last ?? now;
        last = now;
        return answer;
      },
    };
  }),
  storeFault("dropping-hides", "only hides a collection that is dropped", (store) => {
    const hidden = new Set<string>();
    return {
      drop: async (name, options) => {
        if ((await store.list(options)).some((info) => info.name === name)) hidden.add(name);
      },
      list: async (options) => (await store.list(options)).filter(({ name }) => !hidden.has(name)),
      open: (name, options) => {
        hidden.delete(name);
        return store.open(name, options);
      },
    };
  }),
  collectionFault(
    "handles-outlive-the-drop",
    "answers through a handle from what the collection held before it was dropped",
    (collection) => {
      const seen = new Map<string, VectorRecord>();
      return {
        upsert: async (records, options) => {
          await collection.upsert(records, options);
          for (const record of records) seen.set(record.id, record);
        },
        get: async (ids, options) => {
          try {
            return await collection.get(ids, options);
          } catch (error) {
            if ((error as { code?: unknown }).code !== "COLLECTION_NOT_FOUND") throw error;
            return ids.map((id) => seen.get(id));
          }
        },
      };
    },
  ),
  collectionFault(
    "dropped-handles-are-empty",
    "answers through a handle to a dropped collection as if it were empty",
    (collection) => {
      const orElse = async <T>(call: () => T | PromiseLike<T>, empty: T): Promise<T> => {
        try {
          return await call();
        } catch (error) {
          if ((error as { code?: unknown }).code !== "COLLECTION_NOT_FOUND") throw error;
          return empty;
        }
      };
      return {
        upsert: (records, options) => orElse(() => collection.upsert(records, options), undefined),
        get: (ids, options) =>
          orElse(
            () => collection.get(ids, options),
            ids.map(() => undefined),
          ),
        query: (vector, options) => orElse(() => collection.query(vector, options), []),
      };
    },
  ),
  storeFault("dropping-nothing-rejects", "rejects when a collection to be dropped is not there", (store) => ({
    drop: async (name, options) => {
      if (!(await store.list()).some((info) => info.name === name))
        throw new KeelsonError("COLLECTION_NOT_FOUND", "no such collection", {
          details: { collection: name },
        });
      await store.drop(name, options);
    },
  })),
  storeFault("drops-one-at-a-time", "ignores a drop while another is under way", (store) => {
    let busy = false;
    return {
      drop: async (name, options) => {
        if (busy) return;
        busy = true;
        try {
          await store.drop(name, options);
        } finally {
          busy = false;
        }
      },
    };
  }),
];

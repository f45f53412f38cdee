import type { VectorCollectionOptions, VectorRecord, VectorStore } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

/** Vector stores that forget, or remember too much, when they are reopened. */
export const vectorReopenFaults: readonly Fault<VectorStore>[] = [
  createFault<VectorStore>("vector-store/loses-a-collection", "has lost a collection when it is reopened", {
    async reopened(store) {
      const [first] = await store.list();
      if (first) await store.drop(first.name);
      return undefined;
    },
  }),
  createFault<VectorStore>("vector-store/loses-a-record", "has lost a record when it is reopened", {
    async reopened(store) {
      for (const { name, ...options } of await store.list()) {
        const collection = await store.open(name, options);
        const page = (await collection.scan?.()) ?? [];
        await collection.delete(page.slice(-1).map(({ id }) => id));
      }
      return undefined;
    },
  }),
  deletionsReturn(),
  createFault<VectorStore>(
    "vector-store/index-is-not-rebuilt",
    "searches only what was stored since it was reopened",
    {
      reopened: (store) =>
        patch(store, {
          open: async (name, options) => {
            const fresh = new Set<string>();
            const collection = await store.open(name, options);
            return patch(collection, {
              upsert: async (records, upsertOptions) => {
                await collection.upsert(records, upsertOptions);
                for (const { id } of records) fresh.add(id);
              },
              query: async (vector, queryOptions) =>
                (await collection.query(vector, queryOptions)).filter(({ id }) => fresh.has(id)),
            });
          },
        }),
    },
  ),
];

function deletionsReturn(): Fault<VectorStore> {
  interface Deletion {
    readonly name: string;
    readonly options: VectorCollectionOptions;
    readonly records: readonly VectorRecord[];
  }
  const deletions = new WeakMap<VectorStore, Deletion[]>();
  return createFault<VectorStore>(
    "vector-store/deletions-return",
    "brings deleted records back when it is reopened",
    {
      wrap: (store) => {
        const made: Deletion[] = [];
        const broken = patch(store, {
          open: async (name, options) => {
            const collection = await store.open(name, options);
            return patch(collection, {
              delete: async (ids, deleteOptions) => {
                const records = (await collection.get(ids)).filter((record) => record !== undefined);
                made.push({ name, options, records });
                await collection.delete(ids, deleteOptions);
              },
            });
          },
        });
        deletions.set(broken, made);
        return broken;
      },
      async reopened(store, before) {
        for (const { name, options, records } of deletions.get(before) ?? [])
          await (await store.open(name, options)).upsert(records);
        return undefined;
      },
    },
  );
}

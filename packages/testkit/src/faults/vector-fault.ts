import type {
  VectorCollection,
  VectorCollectionOptions,
  VectorMatch,
  VectorRecord,
  VectorStore,
} from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

/** A fault of the store itself. */
export function storeFault(
  id: string,
  title: string,
  replace: (store: VectorStore) => Partial<VectorStore>,
): Fault<VectorStore> {
  return createFault<VectorStore>(`vector-store/${id}`, title, {
    wrap: (store) => patch(store, replace(store)),
  });
}

/** What a fault of collections may look at. */
export interface OpenedCollection {
  readonly store: VectorStore;
  readonly name: string;
  readonly options: VectorCollectionOptions;
}

/** A fault of the collections that a store opens. */
export function collectionFault(
  id: string,
  title: string,
  replace: (collection: VectorCollection, opened: OpenedCollection) => Partial<VectorCollection>,
): Fault<VectorStore> {
  return storeFault(id, title, (store) => ({
    open: async (name, options) => {
      const collection = await store.open(name, options);
      return patch(collection, replace(collection, { store, name, options }));
    },
  }));
}

/** A fault that stores other records than it was given. */
export function storedFault(
  id: string,
  title: string,
  change: (record: VectorRecord) => VectorRecord,
): Fault<VectorStore> {
  return collectionFault(id, title, (collection) => ({
    upsert: (records, options) => collection.upsert(records.map(change), options),
  }));
}

/** A fault that finds what is there, and answers with something else. */
export function matchFault(
  id: string,
  title: string,
  change: (matches: VectorMatch[], topK: number) => VectorMatch[],
): Fault<VectorStore> {
  return collectionFault(id, title, (collection, { store }) => ({
    query: async (vector, options) => {
      const topK = Math.min(3 * options.topK, store.capabilities.maxTopK ?? 3 * options.topK);
      return change(
        await collection.query(vector, { ...options, topK: Math.max(topK, options.topK) }),
        options.topK,
      );
    },
  }));
}

import type { VectorRecord, VectorStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import type { Fault } from "./fault.ts";
import { collectionFault, storedFault } from "./vector-fault.ts";

/** Vector stores that are wrong about storing, reading and deleting records. */
export const vectorRecordFaults: readonly Fault<VectorStore>[] = [
  storedFault(
    "empty-parts-are-none",
    "takes an empty text and empty metadata for none",
    ({ text, metadata, ...record }) => ({
      ...record,
      ...(text && { text }),
      ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
    }),
  ),
  collectionFault(
    "merges",
    "keeps the parts of a record that the one which replaces it lacks",
    (collection) => ({
      upsert: async (records, options) => {
        const old = await collection.get(records.map(({ id }) => id));
        await collection.upsert(
          records.map((record, i) => ({ ...old[i], ...record })),
          options,
        );
      },
    }),
  ),
  collectionFault("stores-100-a-batch", "drops what is beyond 100 records in silence", (collection) => ({
    upsert: (records, options) => collection.upsert(records.slice(0, 100), options),
  })),
  collectionFault(
    "cuts-large-batches",
    "drops what is beyond its declared batch size in silence",
    (collection, { store }) => ({
      upsert: (records, options) =>
        collection.upsert(records.slice(0, store.capabilities.maxBatchSize), options),
    }),
  ),
  collectionFault("empty-batch-rejects", "rejects an empty batch", (collection) => ({
    upsert: async (records, options) => {
      if (records.length === 0) throw new Error("nothing to store");
      await collection.upsert(records, options);
    },
    delete: async (ids, options) => {
      if (ids.length === 0) throw new Error("nothing to delete");
      await collection.delete(ids, options);
    },
  })),
  collectionFault("tombstones-stay", "keeps a deleted id deleted when it is stored again", (collection) => {
    const deleted = new Set<string>();
    return {
      upsert: (records, options) =>
        collection.upsert(
          records.filter(({ id }) => !deleted.has(id)),
          options,
        ),
      delete: (ids, options) => {
        for (const id of ids) deleted.add(id);
        return collection.delete(ids, options);
      },
    };
  }),
  collectionFault("appends", "keeps a replaced record, so that queries find its id twice", (collection) => {
    const stored = new Map<string, number>();
    return {
      upsert: async (records, options) => {
        await collection.upsert(records, options);
        for (const { id } of records) stored.set(id, (stored.get(id) ?? 0) + 1);
      },
      query: async (vector, options) => {
        const matches = await collection.query(vector, options);
        return matches
          .flatMap((match) => ((stored.get(match.id) ?? 0) > 1 ? [match, match] : [match]))
          .slice(0, options.topK);
      },
    };
  }),
  collectionFault(
    "stores-in-parts",
    "stores a record's vector before its text and metadata",
    (collection) => ({
      upsert: async (records, options) => {
        const old = await collection.get(
          records.map(({ id }) => id),
          options,
        );
        await collection.upsert(
          records.map(({ id, vector }, i) => ({ ...old[i], id, vector })),
          options,
        );
        await nextTurn();
        await collection.upsert(records, options);
      },
    }),
  ),
  collectionFault(
    "mixes-writers",
    "writes the texts of two upserts at once to each other's records",
    (collection) => {
      let text: string | undefined;
      return {
        upsert: async (records, options) => {
          text = records[0]?.text;
          await undefined;
          const mixed = records.map((record) =>
            record.text === undefined || text === undefined ? record : { ...record, text },
          );
          await collection.upsert(mixed, options);
        },
      };
    },
  ),
  collectionFault(
    "replacing-deletes-first",
    "deletes a record before it stores the one that replaces it",
    (collection) => ({
      upsert: async (records, options) => {
        await collection.delete(
          records.map(({ id }) => id),
          options,
        );
        await nextTurn();
        await collection.upsert(records, options);
      },
    }),
  ),
  collectionFault(
    "get-sorts",
    "answers get in the order of the ids, not in the order asked",
    (collection) => ({
      get: (ids, options) => collection.get([...ids].sort(), options),
    }),
  ),
  collectionFault("get-of-nothing-rejects", "rejects an empty list of ids", (collection) => ({
    get: async (ids, options) => {
      if (ids.length === 0) throw new Error("no ids");
      return collection.get(ids, options);
    },
  })),
  collectionFault(
    "get-leaves-out",
    "leaves ids that are not there out of the answer of get",
    (collection) => ({
      get: async (ids, options) =>
        (await collection.get(ids, options)).filter((record) => record !== undefined),
    }),
  ),
  collectionFault("get-answers-once", "answers an id that is asked for twice only once", (collection) => ({
    get: (ids, options) => collection.get([...new Set(ids)], options),
  })),
  collectionFault("forgets-deletions", "answers a deletion without making it", () => ({ delete: () => {} })),
  collectionFault("deletes-only-from-get", "goes on finding deleted records by query", (collection) => {
    const deleted = new Set<string>();
    return {
      upsert: async (records, options) => {
        await collection.upsert(records, options);
        for (const { id } of records) deleted.delete(id);
      },
      delete: (ids) => {
        for (const id of ids) deleted.add(id);
      },
      get: async (ids, options) =>
        (await collection.get(ids, options)).map((record) =>
          record && deleted.has(record.id) ? undefined : record,
        ),
    };
  }),
  collectionFault(
    "deleting-nothing-deletes-all",
    "takes an empty list of ids to delete for all of them",
    (collection, { store, name, options }) => ({
      delete: async (ids, deleteOptions) => {
        if (ids.length > 0) return collection.delete(ids, deleteOptions);
        await store.drop(name);
        await store.open(name, options);
      },
    }),
  ),
  collectionFault(
    "deleting-unknown-rejects",
    "rejects when an id to be deleted is not there",
    (collection) => ({
      delete: async (ids, options) => {
        if ((await collection.get(ids, options)).includes(undefined)) throw new Error("no such record");
        await collection.delete(ids, options);
      },
    }),
  ),
  collectionFault(
    "deleting-rewrites",
    "deletes by writing back what it read, without what came in between",
    (collection) => {
      const known = new Map<string, VectorRecord>();
      return {
        upsert: async (records, options) => {
          await collection.upsert(records, options);
          for (const record of records) known.set(record.id, record);
        },
        delete: async (ids, options) => {
          const before = new Set(known.keys());
          await collection.delete(ids, options);
          await nextTurn();
          const between = [...known.keys()].filter((id) => !before.has(id));
          await collection.delete(between);
          for (const id of ids) known.delete(id);
        },
      };
    },
  ),
];

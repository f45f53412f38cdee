import type { Json, Metadata, VectorRecord, VectorStore } from "@keelson/core";
import type { Fault } from "./fault.ts";
import { collectionFault, storedFault } from "./vector-fault.ts";

const normalised = (ids: readonly string[]): string[] => ids.map((id) => id.normalize());
const cut = (ids: readonly string[]): string[] => ids.map((id) => id.slice(0, 512));

/** Vector stores that are wrong about what records hold, and whose it is. */
export const vectorContentFaults: readonly Fault<VectorStore>[] = [
  collectionFault("folds-unicode", "takes ids of equal normal form for one", (collection) => ({
    upsert: (records, options) =>
      collection.upsert(unique(records.map((record) => ({ ...record, id: record.id.normalize() }))), options),
    get: (ids, options) => collection.get(normalised(ids), options),
    delete: (ids, options) => collection.delete(normalised(ids), options),
  })),
  collectionFault("cuts-long-ids", "cuts ids off behind 512 code units", (collection) => ({
    upsert: (records, options) =>
      collection.upsert(
        unique(records.map((record) => ({ ...record, id: record.id.slice(0, 512) }))),
        options,
      ),
    get: (ids, options) => collection.get(cut(ids), options),
    delete: (ids, options) => collection.delete(cut(ids), options),
  })),
  storedFault("trims-texts", "trims texts", (record) => ({
    ...record,
    ...(record.text !== undefined && { text: record.text.trim() }),
  })),
  storedFault("drops-nulls", "drops null from metadata", (record) => ({
    ...record,
    ...(record.metadata && { metadata: withoutNulls(record.metadata) }),
  })),
  storedFault("rounds-vectors", "rounds the numbers of vectors to three places", (record) => ({
    ...record,
    vector: record.vector.map((x) => Math.round(x * 1000) / 1000),
  })),
  storedFault("flushes-denormals", "takes denormal numbers for zero", (record) => ({
    ...record,
    vector: record.vector.map((x) => (Math.abs(x) < 1.2e-38 ? 0 : x)),
  })),
  storedFault("normalises", "stores vectors scaled to length 1", (record) => {
    const length = Math.hypot(...record.vector);
    return length > 0 && Number.isFinite(length)
      ? { ...record, vector: record.vector.map((x) => x / length) }
      : record;
  }),
  storedFault("cuts-long-vectors", "keeps the first 2,000 numbers of a vector", (record) => ({
    ...record,
    vector: record.vector.map((x, i) => (i < 2000 ? x : 0)),
  })),
  collectionFault("keeps-what-it-is-given", "keeps the very metadata that was passed in", (collection) => {
    const kept = new Map<string, Metadata | undefined>();
    return {
      upsert: async (records, options) => {
        await collection.upsert(records, options);
        for (const { id, metadata } of records) kept.set(id, metadata);
      },
      get: async (ids, options) =>
        (await collection.get(ids, options)).map((record) => {
          const metadata = record && kept.get(record.id);
          return record && metadata ? { ...record, metadata: structuredClone(metadata) } : record;
        }),
    };
  }),
  collectionFault("changes-its-input", "scales the query vector that it was given", (collection) => ({
    query: (vector, options) => {
      const scale = Math.max(...vector.map(Math.abs));
      if (scale > 0 && Number.isFinite(scale))
        for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / scale;
      return collection.query(vector, options);
    },
  })),
  collectionFault("get-shares", "returns the very objects that it keeps", (collection) => {
    const shared = new Map<string, VectorRecord>();
    return {
      upsert: async (records, options) => {
        await collection.upsert(records, options);
        for (const { id } of records) shared.delete(id);
      },
      delete: async (ids, options) => {
        await collection.delete(ids, options);
        for (const id of ids) shared.delete(id);
      },
      get: async (ids, options) =>
        (await collection.get(ids, options)).map((record) => {
          if (record && !shared.has(record.id)) shared.set(record.id, record);
          return record && shared.get(record.id);
        }),
    };
  }),
];

function unique(records: readonly VectorRecord[]): VectorRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

function withoutNulls<T extends Json>(value: T): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutNulls(part)])) as T;
}

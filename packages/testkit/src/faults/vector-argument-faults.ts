import { compileFilter, type VectorStore } from "@keelson/core";
import type { Fault } from "./fault.ts";
import { collectionFault, storeFault } from "./vector-fault.ts";

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
const isWellFormed = (text: string, longest: number): boolean =>
  text !== "" && text.length <= longest && text.isWellFormed();

/** Vector stores that take malformed arguments and make something of them. */
export const vectorArgumentFaults: readonly Fault<VectorStore>[] = [
  storeFault("mends-collections", "opens something else for a malformed name or dimension", (store) => ({
    open: (name, options) =>
      store.open(isWellFormed(name, 256) ? name : "mended", {
        ...options,
        dimension: isWhole(options.dimension) ? options.dimension : 1,
      }),
  })),
  collectionFault("mends-ids", "leaves out records of malformed or repeated ids", (collection) => ({
    upsert: (records, options) => {
      const sound = records.filter(({ id }) => isWellFormed(id, 1024));
      return collection.upsert([...new Map(sound.map((record) => [record.id, record])).values()], options);
    },
  })),
  collectionFault(
    "mends-vectors",
    "pads, cuts and zeroes vectors that do not fit",
    (collection, { options: { dimension } }) => ({
      upsert: (records, options) =>
        collection.upsert(
          records.map((record) => {
            const vector = new Float32Array(dimension);
            vector.set(record.vector.subarray(0, dimension));
            return { ...record, vector: vector.map((x) => (Number.isFinite(x) ? x : 0)) };
          }),
          options,
        ),
    }),
  ),
  collectionFault("mends-metadata", "stores what JSON makes of metadata that is not JSON", (collection) => ({
    upsert: (records, options) =>
      collection.upsert(
        records.map((record) => {
          if (!("metadata" in record)) return record;
          const metadata: unknown = JSON.parse(JSON.stringify(record.metadata) ?? "{}");
          return { ...record, metadata: Object.assign({}, metadata) };
        }),
        options,
      ),
  })),
  collectionFault("mends-queries", "takes a malformed topK for 1", (collection) => ({
    query: (vector, options) =>
      collection.query(vector, { ...options, topK: isWhole(options.topK) ? options.topK : 1 }),
  })),
  collectionFault("mends-filters", "takes no notice of a malformed filter", (collection) => ({
    query: (vector, options) => {
      try {
        compileFilter(options.filter);
      } catch {
        return collection.query(vector, { ...options, filter: undefined });
      }
      return collection.query(vector, options);
    },
  })),
  collectionFault("mends-limits", "takes a malformed limit for 1", (collection) => {
    const { scan } = collection;
    return scan
      ? {
          scan: (options = {}) =>
            scan({ ...options, limit: isWhole(options.limit ?? 1000) ? options.limit : 1 }),
        }
      : {};
  }),
];

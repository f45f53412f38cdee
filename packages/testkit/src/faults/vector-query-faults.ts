import {
  compileFilter,
  type Filter,
  type FilterPredicate,
  type Json,
  type Metadata,
  type VectorRecord,
  type VectorStore,
} from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { closeness } from "../fixtures/vectors.ts";
import type { Fault } from "./fault.ts";
import { collectionFault, matchFault } from "./vector-fault.ts";

/** A fault of the filter's meaning: what it accepts is decided by `predicate`. */
const filterFault = (
  id: string,
  title: string,
  predicate: (filter: Filter) => FilterPredicate,
): Fault<VectorStore> =>
  collectionFault(id, title, (collection, { store }) => ({
    query: async (vector, options) => {
      const { filter, topK } = options;
      if (filter === undefined || !store.capabilities.filters) return collection.query(vector, options);
      compileFilter(filter);
      const all = await collection.query(vector, {
        ...options,
        filter: undefined,
        topK: store.capabilities.maxTopK ?? 5000,
      });
      return all.filter(({ metadata }) => predicate(filter)(metadata)).slice(0, topK);
    },
  }));

/** Vector stores that are wrong about searching and enumerating. */
export const vectorQueryFaults: readonly Fault<VectorStore>[] = [
  matchFault("worst-first", "answers a query with the worst match first", (matches, topK) =>
    matches.slice(0, topK).reverse(),
  ),
  matchFault("top-k-off-by-one", "answers a query with one match too few", (matches, topK) =>
    matches.slice(0, topK - 1),
  ),
  matchFault("finds-a-third", "finds one of three of the nearest", (matches, topK) =>
    matches.filter((_, i) => i % 3 === 0).slice(0, topK),
  ),
  matchFault("ties-by-chance", "orders matches of equal score against their ids", (matches, topK) =>
    matches.sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1)).slice(0, topK),
  ),
  matchFault("scores-are-distances", "gives distances for scores", (matches, topK) =>
    matches.slice(0, topK).map((match) => ({ ...match, score: 1 - match.score })),
  ),
  matchFault("scores-nan", "scores a vector without length NaN", (matches, topK) =>
    matches.slice(0, topK).map((match) => (match.score === 0 ? { ...match, score: Number.NaN } : match)),
  ),
  collectionFault("query-of-nothing-rejects", "rejects a query of an empty collection", (collection) => ({
    query: async (vector, options) => {
      const matches = await collection.query(vector, options);
      if (matches.length === 0) throw new Error("nothing found");
      return matches;
    },
  })),
  collectionFault(
    "cuts-large-top-k",
    "answers a topK beyond its declared limit with fewer in silence",
    (collection, { store }) => ({
      query: (vector, options) =>
        collection.query(vector, {
          ...options,
          topK: Math.min(options.topK, store.capabilities.maxTopK ?? options.topK),
        }),
    }),
  ),
  collectionFault(
    "searches-first-vectors",
    "searches the vectors that records were first stored with",
    (collection, { options: { metric } }) => {
      const first = new Map<string, VectorRecord["vector"]>();
      return {
        upsert: async (records, options) => {
          await collection.upsert(records, options);
          for (const { id, vector } of records) if (!first.has(id)) first.set(id, vector.slice());
        },
        query: async (vector, options) =>
          (await collection.query(vector, { ...options, topK: options.topK + 10 }))
            .map((match) => ({ ...match, score: closeness(metric, first.get(match.id) ?? vector, vector) }))
            .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
            .slice(0, options.topK),
      };
    },
  ),
  collectionFault(
    "filters-after-the-search",
    "filters the topK it found, so that fewer are left",
    (collection, { store }) => ({
      query: async (vector, options) => {
        const { filter, ...others } = options;
        if (filter === undefined || !store.capabilities.filters) return collection.query(vector, options);
        return (await collection.query(vector, others)).filter(({ metadata }) =>
          compileFilter(filter)(metadata),
        );
      },
    }),
  ),
  collectionFault("ignores-the-filter", "takes no notice of a filter", (collection) => ({
    query: (vector, { filter: _, ...options }) => collection.query(vector, options),
  })),
  filterFault(
    "filters-null-as-missing",
    "takes a field that holds null for one that is not there",
    (filter) => (metadata) =>
      compileFilter(filter)(
        Object.fromEntries(Object.entries(metadata ?? {}).filter(([, value]) => value !== null)),
      ),
  ),
  filterFault(
    "filters-first-elements",
    "compares with the first element of a list only",
    (filter) => (metadata) =>
      compileFilter(filter)(
        mapValues(metadata, (value) => (Array.isArray(value) ? (value[0] ?? []) : value)),
      ),
  ),
  filterFault(
    "filters-fold-unicode",
    "compares strings in filters by their normal form",
    (filter) => (metadata) =>
      compileFilter(JSON.parse(JSON.stringify(filter).normalize()))(
        JSON.parse(JSON.stringify(metadata ?? {}).normalize()),
      ),
  ),
  filterFault(
    "filters-missing-fails-ne",
    "takes a field that is not there for neither equal nor unequal, as SQL does",
    (filter) => (metadata) =>
      compileFilter(filter)(metadata) &&
      !("field" in filter && "ne" in filter && !(String(filter.field) in (metadata ?? {}))),
  ),
  collectionFault("scan-orders-by-code-points", "orders ids as UTF-8 does", (collection) =>
    scanning(collection, async (scan, options = {}) => {
      const page = await scan({ ...options, limit: 5000 });
      page.sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
      return page.slice(0, options.limit ?? 1000);
    }),
  ),
  collectionFault("scan-limit-off-by-one", "returns one record too many", (collection) =>
    scanning(collection, (scan, options = {}) => scan({ ...options, limit: (options.limit ?? 1000) + 1 })),
  ),
  collectionFault("scan-after-is-inclusive", "starts a page at `after`, not behind it", (collection) =>
    scanning(collection, async (scan, options = {}) => {
      const [first] = options.after === undefined ? [] : await collection.get([options.after]);
      const page = await scan(options);
      return first && page.length > 0 ? [first, ...page].slice(0, options.limit ?? 1000) : page;
    }),
  ),
  collectionFault(
    "scan-after-must-exist",
    "starts from the beginning when the record of `after` is gone",
    (collection) =>
      scanning(collection, async (scan, options = {}) => {
        const [first] = options.after === undefined ? [] : await collection.get([options.after]);
        return scan(first ? options : { ...options, after: undefined });
      }),
  ),
  collectionFault("scan-of-nothing-rejects", "rejects where there is nothing to list", (collection) =>
    scanning(collection, async (scan, options) => {
      const page = await scan(options);
      if (page.length === 0) throw new Error("nothing is there");
      return page;
    }),
  ),
  collectionFault("scan-stops-at-a-gap", "ends a page where a record was deleted meanwhile", (collection) =>
    scanning(collection, async (scan, options) => {
      const page: VectorRecord[] = [];
      for (const { id } of await scan(options)) {
        await nextTurn();
        const [record] = await collection.get([id]);
        if (record === undefined) break;
        page.push(record);
      }
      return page;
    }),
  ),
];

type Collection = Awaited<ReturnType<VectorStore["open"]>>;
type Scan = (...args: Parameters<NonNullable<Collection["scan"]>>) => Promise<VectorRecord[]>;

function scanning(
  collection: Collection,
  replacement: (scan: Scan, options: Parameters<Scan>[0]) => Promise<VectorRecord[]>,
): Partial<Collection> {
  const { scan } = collection;
  return scan ? { scan: (options) => replacement(async (inner) => scan(inner), options) } : {};
}

function mapValues(metadata: Metadata | undefined, change: (value: Json) => Json): Metadata {
  return Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, change(value)]));
}

import type { Filter } from "./filter.ts";
import type { AbortOptions, Awaitable, Metadata, PageOptions } from "./shared-types.ts";

/**
 * How closeness is measured. The score of a match is higher for closer vectors under every one of them.
 *
 * - `cosine`: the cosine of the angle, -1 to 1. A zero vector scores 0 against everything.
 * - `dot`: the inner product, unbounded.
 * - `euclidean`: `1 / (1 + distance)`, above 0 and up to 1.
 */
export type VectorMetric = "cosine" | "dot" | "euclidean";

/** What a vector store can do, as facts that hold for the life of the instance. */
export interface VectorStoreCapabilities {
  /** Does acknowledged data survive the end of the process? */
  readonly durable: boolean;
  /** Which metrics can a collection be opened with? */
  readonly metrics: readonly VectorMetric[];
  /**
   * Does `query` take a filter? Without it the SDK filters what it gets back, and over-fetches; a query with a filter
   * then rejects with CAPABILITY_UNSUPPORTED.
   */
  readonly filters: boolean;
  /** Does a query see every write acknowledged before it (`immediate`), or only after a while (`eventual`)? */
  readonly consistency: "immediate" | "eventual";
  /** The least share of the true nearest records that a query returns, 0..1; 1 means exact search. */
  readonly recall: number;
  /** Is a deleted record's content gone from the medium once `delete` resolves, or only hidden? */
  readonly physicalDelete: boolean;
  /**
   * The most records one `upsert`, or ids one `delete` or `get`, may take. The SDK splits batches. A
   * call beyond it does all or rejects, never a part in silence. Default: no limit.
   */
  readonly maxBatchSize?: number | undefined;
  /** The largest `topK` a query may ask for; beyond it a query answers in full or rejects. Default: no limit. */
  readonly maxTopK?: number | undefined;
}

/** What a collection is opened with. */
export interface VectorCollectionOptions extends AbortOptions {
  /** Length of every vector in the collection, at least 1. */
  readonly dimension: number;
  /** How closeness is measured. */
  readonly metric: VectorMetric;
}

/** A collection as {@link VectorStore.list} names it. */
export interface VectorCollectionInfo {
  readonly name: string;
  readonly dimension: number;
  readonly metric: VectorMetric;
}

/** One vector with what belongs to it. */
export interface VectorRecord {
  /** 1 to 1,024 UTF-16 code units of well-formed Unicode, unique in the collection. No character is special. */
  readonly id: string;
  /** As many finite numbers as the collection's dimension. */
  readonly vector: Float32Array;
  /** The chunk's text, as queries return it. */
  readonly text?: string | undefined;
  /** What filters read. */
  readonly metadata?: Metadata | undefined;
}

/** One answer of a query. */
export interface VectorMatch {
  readonly id: string;
  /** Closeness by the collection's metric; higher is always closer. */
  readonly score: number;
  readonly text?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

/** What {@link VectorCollection.query} takes. */
export interface VectorQueryOptions extends AbortOptions {
  /** How many matches to return at the most, at least 1. */
  readonly topK: number;
  /** Only records whose metadata the filter accepts. It narrows the search itself: `topK` matches come back where that many exist. */
  readonly filter?: Filter | undefined;
}

/**
 * A named set of vectors of one dimension and metric.
 *
 * The SDK checks arguments and splits batches before it calls a plug-in. A collection owns what it stores: it
 * copies what it is given, and what it returns can be changed without changing the store.
 */
export interface VectorCollection {
  /**
   * Stores records, replacing those whose id exists, with all their parts. Ids are unique within a call. When the
   * promise resolves all are stored, durably where the store is durable; when it rejects, any part of the batch may
   * be, each record whole, and calling again with the same records finishes the work. An abort leaves the same.
   */
  upsert(records: readonly VectorRecord[], options?: AbortOptions): Awaitable<void>;

  /** Deletes records. Unknown ids are no error. On rejection or abort any part may be deleted; calling again finishes. */
  delete(ids: readonly string[], options?: AbortOptions): Awaitable<void>;

  /**
   * Reads records: one element an id, in the order asked, `undefined` where there is none. Vectors come back number
   * for number (0 and -0 are one), never normalised or rounded; a part that was not given is not there.
   */
  get(ids: readonly string[], options?: AbortOptions): Awaitable<(VectorRecord | undefined)[]>;

  /** The closest records, best first, ties by ascending id. An empty collection answers with an empty list. */
  query(vector: Float32Array, options: VectorQueryOptions): Awaitable<VectorMatch[]>;

  /**
   * One page of records by ascending id. Optional: few stores can enumerate what they hold. Where it is missing the
   * SDK checks the store by the ids of its ledger.
   */
  scan?(options?: PageOptions): Awaitable<VectorRecord[]>;
}

/**
 * Where vectors are kept and searched. To Keelson it is a cache of the ledger, which can be checked and rebuilt.
 * The guide "Write a vector store" has a complete one in under twenty lines of code.
 */
export interface VectorStore {
  /** The version of this interface that the plug-in was written for, so that later versions can tell. */
  readonly specVersion: 1;
  /** What the store can do. */
  readonly capabilities: VectorStoreCapabilities;

  /**
   * Opens a collection, creating it where it does not exist. Opening twice gives two handles to one collection. Names
   * are 1 to 256 UTF-16 code units of well-formed Unicode; no character is special.
   *
   * @throws {@link KeelsonError} COLLECTION_MISMATCH when it exists with another dimension or metric.
   * @throws {@link KeelsonError} CAPABILITY_UNSUPPORTED when the store does not know the metric.
   */
  open(collection: string, options: VectorCollectionOptions): Awaitable<VectorCollection>;

  /** All collections, by ascending name. */
  list(options?: AbortOptions): Awaitable<VectorCollectionInfo[]>;

  /**
   * Deletes a collection with all its records. Unknown names are no error. Handles to it then find nothing; a store
   * that users call themselves rejects with COLLECTION_NOT_FOUND.
   */
  drop(collection: string, options?: AbortOptions): Awaitable<void>;
}

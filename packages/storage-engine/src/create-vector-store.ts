import {
  type AbortOptions,
  argumentInvalid,
  assertKey,
  assertTopK,
  assertUniqueIds,
  assertVector,
  compileFilter,
  type Json,
  type JsonObject,
  KeelsonError,
  orAbort,
  type VectorCollection,
  type VectorMetric,
  type VectorRecord,
  type VectorStore,
} from "@keelson/core";
import type { Access } from "./access.ts";
import { assertIds, assertList, ownMetadata, pageRange } from "./arguments.ts";
import type { Engine } from "./engine.ts";
import { createLane, type Journal, type Lane } from "./lane.ts";
import { evaluate } from "./lazy.ts";
import type { UpsertRecord } from "./op.ts";
import { squaredLength } from "./similarity.ts";
import type { VectorTable } from "./vector-table.ts";

/** What the parts of a store are made of. */
export interface EngineParts {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly access: Access;
}

/** What a vector store on the engine takes. */
export interface EngineVectorStoreOptions extends EngineParts {
  readonly durable: boolean;
  /** Is deleted content gone from the medium at once? */
  readonly physicalDelete: boolean;
}

// A journal need not take a batch of any size in one piece: each record is whole, the batch need not be.
const RECORDS_PER_OP = 1000;
const BYTES_PER_OP = 64 * 1024 * 1024;
// Of UTF-8, at the most.
const BYTES_PER_CODE_UNIT = 3;
// Of JSON, at the most: an escape, and a number.
const BYTES_PER_ESCAPE = 6;
const BYTES_PER_NUMBER = 25;
const METRICS: readonly VectorMetric[] = Object.freeze(["cosine", "dot", "euclidean"]);

export function createVectorStore(options: EngineVectorStoreOptions): VectorStore {
  const { engine, journal, access } = options;
  const catalog = createLane(engine, journal);
  const lanes = new WeakMap<VectorTable, Lane>();

  return {
    specVersion: 1,
    capabilities: Object.freeze({
      durable: options.durable,
      metrics: METRICS,
      filters: true,
      consistency: "immediate",
      recall: 1,
      physicalDelete: options.physicalDelete,
    }),
    open: async (name, openOptions) => {
      // Whoever writes no types may leave them out.
      const { dimension, metric, signal } = openOptions ?? {};
      access.enter(signal);
      assertKey(name, 256);
      assertShape(dimension, metric);
      const existing = engine.tables.get(name);
      if (existing === undefined) {
        const created = catalog.write({ type: "createCollection", name, dimension, metric });
        const table = engine.tables.get(name) as VectorTable;
        lanes.set(table, createLane(engine, journal, created));
        await orAbort(created, signal);
        return createCollection(table);
      }
      await orAbort(catalog.settled(), signal);
      assertSameShape(existing, dimension, metric);
      return createCollection(existing);
    },
    list: async (listOptions) => {
      access.enter(listOptions?.signal);
      const found = engine.tables
        .values()
        .map(({ name, dimension, metric }) => ({ name, dimension, metric }));
      await orAbort(catalog.settled(), listOptions?.signal);
      return found;
    },
    drop: async (name, dropOptions) => {
      access.enter(dropOptions?.signal);
      assertKey(name, 256);
      const exists = engine.tables.get(name) !== undefined;
      const done = exists ? catalog.write({ type: "dropCollection", name }) : catalog.settled();
      await orAbort(done, dropOptions?.signal);
    },
  } satisfies VectorStore;

  function createCollection(table: VectorTable): VectorCollection {
    const { name: collection, dimension } = table;
    const lane = lanes.get(table) ?? createLane(engine, journal);
    lanes.set(table, lane);

    const enter = (callOptions: AbortOptions | undefined): void => {
      access.enter(callOptions?.signal);
      // The very table: a new collection of the same name is another.
      if (engine.tables.get(collection) === table) return;
      throw new KeelsonError("COLLECTION_NOT_FOUND", `the collection ${collection} was dropped`, {
        details: { collection },
      });
    };
    const answer = async <T>(value: T, signal: AbortSignal | undefined): Promise<T> => {
      await orAbort(lane.settled(), signal);
      return value;
    };

    return {
      upsert: async (records, callOptions) => {
        enter(callOptions);
        const owned = ownRecords(records, dimension);
        const written = splitIntoOps(owned).map((part) =>
          lane.write({ type: "upsert", collection, records: part }),
        );
        await orAbort(Promise.all(written), callOptions?.signal);
      },
      delete: async (ids, callOptions) => {
        enter(callOptions);
        assertIds(ids);
        const known = ids.filter(table.has);
        const done =
          known.length > 0 ? lane.write({ type: "delete", collection, ids: known }) : lane.settled();
        await orAbort(done, callOptions?.signal);
      },
      get: async (ids, callOptions) => {
        enter(callOptions);
        assertIds(ids);
        return await answer(
          ids.map((id) => table.get(id)),
          callOptions?.signal,
        );
      },
      query: async (vector, callOptions) => {
        enter(callOptions);
        assertFloats(vector);
        assertVector(vector, dimension);
        assertTopK(callOptions?.topK);
        const accepts = callOptions.filter === undefined ? undefined : compileFilter(callOptions.filter);
        return await answer(table.query(vector, callOptions.topK, accepts), callOptions.signal);
      },
      scan: async (callOptions) => {
        enter(callOptions);
        return await answer(table.page(pageRange(callOptions)), callOptions?.signal);
      },
    } satisfies VectorCollection;
  }
}

/** Batches of as many records as one op may hold, and of more bytes than that only where a single record has them. */
function splitIntoOps(records: readonly UpsertRecord[]): UpsertRecord[][] {
  const parts: UpsertRecord[][] = [];
  let part: UpsertRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const { vector, text = "", metadata } = record;
    const size =
      vector.byteLength +
      BYTES_PER_CODE_UNIT * text.length +
      (metadata === undefined ? 0 : jsonBytes(evaluate(metadata)));
    bytes += size;
    if (part.length === 0 || part.length === RECORDS_PER_OP || bytes > BYTES_PER_OP) {
      part = [];
      parts.push(part);
      bytes = size;
    }
    part.push(record);
  }
  return parts;
}

/** How many bytes the JSON of a value takes at the most. */
function jsonBytes(value: Json): number {
  if (typeof value === "string") return BYTES_PER_ESCAPE * value.length;
  if (typeof value !== "object" || value === null) return BYTES_PER_NUMBER;
  if (Array.isArray(value)) return value.reduce<number>((bytes, part) => bytes + jsonBytes(part), 0);
  let bytes = 0;
  // Several times as fast as a list of the keys. What is the store's own has no keys but its own.
  for (const key in value)
    bytes += BYTES_PER_ESCAPE * key.length + jsonBytes((value as JsonObject)[key] as Json);
  return bytes;
}

/**
 * Refuses what no collection can have.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the dimension is not a whole number of at least 1.
 * @throws KeelsonError CAPABILITY_UNSUPPORTED when there is no such metric.
 */
export function assertShape(dimension: unknown, metric: unknown): void {
  if (!Number.isSafeInteger(dimension) || (dimension as number) < 1)
    throw argumentInvalid("dimension", `is ${String(dimension)}, expected a whole number of at least 1`);
  if (METRICS.includes(metric as VectorMetric)) return;
  const capability = `metric ${String(metric)}`;
  throw new KeelsonError("CAPABILITY_UNSUPPORTED", `this store has no ${capability}`, {
    details: { capability },
  });
}

function assertSameShape(table: VectorTable, dimension: number, metric: VectorMetric): void {
  if (table.dimension === dimension && table.metric === metric) return;
  const expected = `${dimension} ${metric}`;
  const actual = `${table.dimension} ${table.metric}`;
  throw new KeelsonError(
    "COLLECTION_MISMATCH",
    `the collection ${table.name} exists with ${actual}, expected ${expected}`,
    { details: { collection: table.name, expected, actual } },
  );
}

function assertFloats(vector: unknown, id?: string): asserts vector is Float32Array {
  // By tag, since a vector may come from another realm.
  if (ArrayBuffer.isView(vector) && (vector as Float32Array)[Symbol.toStringTag] === "Float32Array") return;
  throw argumentInvalid(id === undefined ? "vector" : `the vector of ${id}`, "is not a Float32Array");
}

function ownRecords(records: readonly VectorRecord[], dimension: number): UpsertRecord[] {
  assertList(records, "records");
  assertUniqueIds(records.map((record) => record?.id));
  return records.map(({ id, vector, text, metadata }) => {
    assertFloats(vector, id);
    // One pass over the numbers where they are good, as they nearly always are.
    const square = squaredLength(vector, 0, vector.length);
    if (vector.length !== dimension || !Number.isFinite(square)) assertVector(vector, dimension, id);
    if (text !== undefined && typeof text !== "string")
      throw argumentInvalid(`the text of ${id}`, "is not a string");
    return { id, vector, squaredLength: square, text, metadata: ownMetadata(metadata) };
  });
}

import {
  assertKey,
  assertTopK,
  assertUniqueIds,
  assertVector,
  compileFilter,
  KeelsonError,
  type VectorRecord,
  type VectorStore,
  type VectorStoreCapabilities,
} from "@keelson/core";
import { closeness } from "../../src/fixtures/vectors.ts";
import type { Guard } from "./guard.ts";
import { assertIds, assertMetadata, invalidArgument } from "./validate.ts";

/** What outlives a handle. */
export type VectorMedium = Map<
  string,
  { dimension: number; metric: "cosine" | "dot" | "euclidean"; records: Map<string, VectorRecord> }
>;

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A vector store as it should be, with whatever capabilities it is given. */
export function createReferenceVectors(
  medium: VectorMedium,
  guard: Guard,
  capabilities: VectorStoreCapabilities,
  { scan = true }: { scan?: boolean } = {},
): VectorStore {
  const unsupported = (capability: string): KeelsonError =>
    new KeelsonError("CAPABILITY_UNSUPPORTED", `no ${capability}`, { details: { capability } });
  const assertBatch = (batch: readonly unknown[]): void => {
    if (batch.length > (capabilities.maxBatchSize ?? Number.POSITIVE_INFINITY))
      throw unsupported("maxBatchSize");
  };
  return {
    specVersion: 1,
    capabilities,
    async open(collection, { dimension, metric, signal }) {
      assertKey(collection, 256);
      if (!Number.isSafeInteger(dimension) || dimension < 1) throw invalidArgument("dimension");
      if (!capabilities.metrics.includes(metric)) throw unsupported(metric);
      await guard.check({ signal });
      const existing = medium.get(collection) ?? {
        dimension,
        metric,
        records: new Map<string, VectorRecord>(),
      };
      if (existing.dimension !== dimension || existing.metric !== metric) {
        const [expected, actual] = [`${dimension} ${metric}`, `${existing.dimension} ${existing.metric}`];
        throw new KeelsonError("COLLECTION_MISMATCH", actual, { details: { collection, expected, actual } });
      }
      medium.set(collection, existing);
      const { records } = existing;
      const enter = async (options?: { signal?: AbortSignal | undefined }): Promise<void> => {
        await guard.check(options);
        if (medium.get(collection) !== existing)
          throw new KeelsonError("COLLECTION_NOT_FOUND", "dropped", { details: { collection } });
      };
      const copies = (ids: readonly string[]) => ids.map((id) => structuredClone(records.get(id)));
      return {
        async upsert(batch, options) {
          assertUniqueIds(batch.map(({ id }) => id));
          assertBatch(batch);
          for (const { id, vector, metadata } of batch) {
            assertVector(vector, dimension, id);
            assertMetadata(metadata);
          }
          // A vector may be a view of a larger buffer, which would be cloned whole.
          const copy = structuredClone(batch.map((one) => ({ ...one, vector: one.vector.slice() })));
          await enter(options);
          for (const one of copy) records.set(one.id, one);
        },
        async delete(ids, options) {
          assertIds(ids);
          assertBatch(ids);
          await enter(options);
          for (const id of ids) records.delete(id);
        },
        async get(ids, options) {
          assertIds(ids);
          assertBatch(ids);
          await enter(options);
          return copies(ids);
        },
        async query(vector, { topK, filter, signal }) {
          assertTopK(topK);
          assertVector(vector, dimension);
          if (topK > (capabilities.maxTopK ?? Number.POSITIVE_INFINITY)) throw unsupported("maxTopK");
          if (filter && !capabilities.filters) throw unsupported("filters");
          const accepts = compileFilter(filter);
          await enter({ signal });
          return [...records.values()]
            .filter(({ metadata }) => accepts(metadata))
            .map(({ vector: stored, ...rest }) => ({
              ...structuredClone(rest),
              score: closeness(metric, stored, vector),
            }))
            .sort((a, b) => b.score - a.score || byCodeUnits(a.id, b.id))
            .slice(0, topK);
        },
        ...(scan && {
          async scan({ after, limit = 1000, signal } = {}) {
            if (!Number.isSafeInteger(limit) || limit < 1) throw invalidArgument("limit");
            await enter({ signal });
            const ids = [...records.keys()]
              .filter((id) => after === undefined || id > after)
              .sort(byCodeUnits);
            return copies(ids.slice(0, limit)) as VectorRecord[];
          },
        }),
      };
    },
    async list(options) {
      await guard.check(options);
      return [...medium]
        .map(([name, { dimension, metric }]) => ({ name, dimension, metric }))
        .sort((a, b) => byCodeUnits(a.name, b.name));
    },
    async drop(collection, options) {
      assertKey(collection, 256);
      await guard.check(options);
      medium.delete(collection);
    },
  };
}

import assert from "node:assert/strict";
import type {
  Awaitable,
  Metadata,
  PageOptions,
  VectorCollection,
  VectorMatch,
  VectorMetric,
  VectorRecord,
  VectorStore,
} from "@keelson/core";
import type { CaseContext } from "../conformance/conformance-case.ts";
import { assertSameJson } from "../fixtures/json-values.ts";

/**
 * Opens a collection of three dimensions with the first metric the store knows, unless told otherwise. Batches are
 * split as the SDK splits them.
 */
export async function openCollection(
  store: VectorStore,
  {
    name = "docs",
    dimension = 3,
    metric = metricOf(store),
  }: { name?: string; dimension?: number; metric?: VectorMetric } = {},
): Promise<VectorCollection> {
  const collection = await store.open(name, { dimension, metric });
  const { maxBatchSize } = store.capabilities;
  return maxBatchSize === undefined ? collection : splitBatches(collection, maxBatchSize);
}

function splitBatches(collection: VectorCollection, size: number): VectorCollection {
  const cut = <T>(items: readonly T[]): (readonly T[])[] =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
  // What fits goes straight through, so that a plug-in that answers at once is seen to.
  return {
    upsert(records, options) {
      if (records.length <= size) return collection.upsert(records, options);
      return each(cut(records), (batch) => collection.upsert(batch, options)).then(() => {});
    },
    delete(ids, options) {
      if (ids.length <= size) return collection.delete(ids, options);
      return each(cut(ids), (batch) => collection.delete(batch, options)).then(() => {});
    },
    get(ids, options) {
      if (ids.length <= size) return collection.get(ids, options);
      return each(cut(ids), (batch) => collection.get(batch, options)).then((found) => found.flat());
    },
    query: (vector, options) => collection.query(vector, options),
    ...(collection.scan && { scan: (options?: PageOptions) => collection.scan?.(options) ?? [] }),
  };
}

async function each<T, R>(batches: readonly T[], call: (batch: T) => Awaitable<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const batch of batches) answers.push(await call(batch));
  return answers;
}

/** Can the store's collections be enumerated? Asked of one, since the store itself does not say. */
export async function canScan(store: VectorStore): Promise<boolean> {
  const probe = await openCollection(store, { name: "probe" });
  await store.drop("probe");
  return probe.scan !== undefined;
}

/** A metric the store knows. */
export function metricOf(store: VectorStore): VectorMetric {
  const [metric] = store.capabilities.metrics;
  assert.ok(metric, "a store must know one metric at least");
  return metric;
}

/** A record, `[1, 0, 0]` unless told otherwise. */
export function record(
  id: string,
  vector: readonly number[] = [1, 0, 0],
  parts: { text?: string; metadata?: Metadata } = {},
): VectorRecord {
  return { id, vector: Float32Array.from(vector), ...parts };
}

/** The wanted `topK`, or the largest the store takes. */
export function topKOf(store: VectorStore, wanted: number): number {
  return Math.min(wanted, store.capabilities.maxTopK ?? wanted);
}

/** Looks at once, or until it is so where the store says that its reads lag behind. */
export async function sees(
  store: VectorStore,
  context: Pick<CaseContext<never>, "eventually">,
  assertion: () => Awaitable<void>,
): Promise<void> {
  if (store.capabilities.consistency === "eventual") await context.eventually(assertion);
  else await assertion();
}

/** Fails unless the records are these, with exactly their parts. 0 and -0 are one number. */
export function assertRecords(
  actual: readonly (VectorRecord | undefined)[],
  expected: readonly (VectorRecord | undefined)[],
): void {
  assert.deepStrictEqual(
    actual.map((found) => found?.id),
    expected.map((wanted) => wanted?.id),
  );
  for (const [i, wanted] of expected.entries()) {
    const found = actual[i];
    if (wanted === undefined || found === undefined) continue;
    assert.ok(found.vector instanceof Float32Array, "a vector is not a Float32Array");
    assert.deepStrictEqual(numbers(found.vector), numbers(wanted.vector), "a vector came back changed");
    assert.equal(found.text, wanted.text, "a text came back changed");
    assertSameJson(found.metadata, wanted.metadata, "metadata came back changed");
  }
}

/** The ids of matches, in their order. */
export function idsOf(matches: readonly VectorMatch[]): string[] {
  return matches.map(({ id }) => id);
}

function numbers(vector: Float32Array): number[] {
  return Array.from(vector, (x) => x + 0);
}

import assert from "node:assert/strict";
import type { VectorCollection, VectorMatch, VectorRecord, VectorStore } from "@keelson/core";
import { type AbortProbe, abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { assertRecords, canScan, idsOf, metricOf, openCollection, record } from "./subject.ts";

const a = record("a", [1, 0, 0], { text: "old" });
const b = record("b", [0, 1, 0], { text: "old" });
const [newA, newC] = [record("a", [0, 0, 1], { text: "new" }), record("c", [0, 0, 1], { text: "new" })];

async function prepare(store: VectorStore): Promise<VectorCollection> {
  const collection = await openCollection(store);
  await collection.upsert([a, b]);
  return collection;
}

// A store whose reads lag behind may still show less than this; what matters is that nothing else shows.
const lags = (store: VectorStore): boolean => store.capabilities.consistency === "eventual";

async function untouched(store: VectorStore, collection: VectorCollection): Promise<void> {
  if (lags(store)) return;
  assertRecords(await collection.get(["a", "b", "c"]), [a, b, undefined]);
}

/** Each record is the old or the new one, whole; calling again finishes the work. */
async function eachWhole(
  store: VectorStore,
  collection: VectorCollection,
  expected: {
    readonly done: boolean;
    readonly before: readonly (VectorRecord | undefined)[];
    readonly after: readonly (VectorRecord | undefined)[];
  },
): Promise<void> {
  if (lags(store)) return;
  const found = await collection.get(["a", "b", "c"]);
  for (const [i, one] of found.entries()) {
    const isNew = expected.done || one?.text !== expected.before[i]?.text;
    assertRecords([one], [isNew ? expected.after[i] : expected.before[i]]);
  }
  await collection.upsert([a, b]);
  await collection.delete(["c"]);
}

const probes: readonly AbortProbe<VectorStore, VectorCollection>[] = [
  {
    method: "open",
    prepare,
    call: (store, signal) => store.open("other", { dimension: 3, metric: metricOf(store), signal }),
    untouched: async (store) =>
      assert.deepStrictEqual(
        (await store.list()).map(({ name }) => name),
        ["docs"],
      ),
    settled: async (store, done) => {
      const names = (await store.list()).map(({ name }) => name);
      assert.ok(!done || names.includes("other"), "an opened collection is not listed");
      await store.drop("other");
    },
  },
  {
    method: "list",
    prepare,
    call: (store, signal) => store.list({ signal }),
    answer: (infos) =>
      assert.deepStrictEqual(
        (infos as { name: string }[]).map(({ name }) => name),
        ["docs"],
      ),
  },
  {
    method: "drop",
    prepare,
    call: (store, signal) => store.drop("docs", { signal }),
    untouched,
    settled: async (store, done) => {
      const names = (await store.list()).map(({ name }) => name);
      assert.ok(!done || names.length === 0, "a dropped collection is still listed");
      const collection = await openCollection(store);
      if (names.length > 0) await untouched(store, collection);
      await collection.upsert([a, b]);
    },
  },
  {
    method: "upsert",
    prepare,
    call: (_, signal, collection) => collection.upsert([newA, newC], { signal }),
    untouched,
    settled: (store, done, collection) =>
      eachWhole(store, collection, { done, before: [a, b, undefined], after: [newA, b, newC] }),
  },
  {
    method: "delete",
    prepare,
    call: (_, signal, collection) => collection.delete(["a", "b"], { signal }),
    untouched,
    settled: (store, done, collection) =>
      eachWhole(store, collection, {
        done,
        before: [a, b, undefined],
        after: [undefined, undefined, undefined],
      }),
  },
  {
    method: "get",
    prepare,
    call: (_, signal, collection) => collection.get(["a", "b"], { signal }),
    answer: (records) => assert.equal((records as unknown[]).length, 2),
  },
  {
    method: "query",
    prepare,
    call: (_, signal, collection) => collection.query(Float32Array.of(1, 0, 0), { topK: 1, signal }),
    answer: (matches) => assert.ok(idsOf(matches as VectorMatch[]).every((id) => id === "a")),
  },
  {
    method: "scan",
    when: canScan,
    prepare,
    call: (_, signal, collection) => collection.scan?.({ signal }),
    answer: (records) => assert.ok((records as unknown[]).length <= 2),
  },
];

/** Aborting, as the SDK does it. */
export const abortVectorCases: readonly ConformanceCase<VectorStore>[] = abortCases("vector-store", probes);

/** Aborting, as users do it. */
export const strictAbortVectorCases: readonly ConformanceCase<VectorStore>[] = strictAbortCases(
  "vector-store",
  probes,
);
